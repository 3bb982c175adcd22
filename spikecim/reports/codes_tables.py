"""A comparison of weight codes for the terminal, and as files: JSON, CSV and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spikecim.files import make_folder, write_csv, write_json
from spikecim.reports.codes import code_name
from spikecim.reports.codes_plates import code_plates
from spikecim.reports.figure_files import save_figure
from spikecim.reports.wording import number
from spikecim.results.codes import CodePoint, CodeStudy
from spikecim.results.codes_data import code_rows, codes_json
from spikecim.results.sign_bit import sign_bit_argument

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_SHOWN_RATE = 0.05  # last column of the table: cells as bad as one-shot programming leaves them


def write_codes(study: CodeStudy, folder: Path) -> list[Path]:
    """Write codes.json, codes.csv and every figure as PNG and SVG into `folder`, each whole or not at all."""
    make_folder(folder)
    data, table = folder / "codes.json", folder / "codes.csv"
    write_json(data, codes_json(study))
    write_csv(table, code_rows(study))
    written = [data, table]
    for plate in code_plates(study, sign_bit_argument(study)):
        written += save_figure(plate.draw(), folder / plate.id)
    return written


def codes_summary(study: CodeStudy) -> list[RenderableType]:
    """Table of the codes, group sizes, and the sign bit argument."""
    from rich.text import Text

    argument = sign_bit_argument(study)
    found: list[RenderableType] = [_codes_table(study)]
    if study.groups:
        found += ["", _groups_table(study)]
    if argument is not None:
        found += ["", Text(argument.statement())]
    return found


def _codes_table(study: CodeStudy) -> Table:
    table = _table()
    table.add_column("Weight code", no_wrap=True)
    for head in ("Cells", "Read nJ/image", "Program nJ"):
        table.add_column(head, justify="right")
    table.add_column("Accuracy %", justify="right", no_wrap=True)
    table.add_column("Yield %", justify="right")
    table.add_column(f"At {100 * _SHOWN_RATE:.3g} % stuck", justify="right", no_wrap=True)
    for facts in study.codes:
        point = study.at(facts.name, study.nominal)
        if point is None:
            continue
        curve = study.stuck_curve(facts.name)
        faulty = next((p for p in curve if abs(p.setting.stuck - _SHOWN_RATE) < 1e-9), None)
        table.add_row(
            code_name(facts.name, study.levels),
            f"{facts.cells_per_weight}",
            number(float(np.median(point.chips.cell_pj)) / 1000, "nJ"),
            f"{np.median(point.chips.programming_nj):,.0f}",
            _span(point),
            f"{100 * point.chips.yield_share(study.good_accuracy):.0f}",
            _span(faulty) if faulty is not None else "–",
        )
    return table


def _groups_table(study: CodeStudy) -> Table:
    table = _table()
    for head in ("Cells per polarity", "Cells", "Formal %", "Chips %", "Read nJ/image", "Program nJ"):
        table.add_column(head, justify="right")
    for group in study.groups:
        low, middle, high = group.chips.accuracy_percent()
        table.add_row(
            f"{group.levels}",
            f"{group.n_cells:,}",
            f"{100 * group.formal_accuracy:.1f}",
            f"{middle:.1f} ({low:.1f}–{high:.1f})",
            number(float(np.median(group.chips.cell_pj)) / 1000, "nJ"),
            f"{np.median(group.chips.programming_nj):,.0f}",
        )
    return table


def _span(point: CodePoint) -> str:
    low, middle, high = point.chips.accuracy_percent()
    return f"{middle:.1f} ({low:.1f}–{high:.1f})"


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False)
