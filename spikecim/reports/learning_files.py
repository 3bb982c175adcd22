"""The files of a learning study: page, JSON, CSV tables and figures, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.figure_files import save_plates
from spikecim.reports.learning_page import learning_html
from spikecim.reports.learning_plates import learning_plates
from spikecim.results import learning_data as data
from spikecim.results.learning import Learning


def write_learning(found: Learning, out_dir: Path) -> dict[str, Path]:
    """Write learning.html, learning.json, conditions.csv, chips.csv, ledger.csv, writes.csv and figures/*.

    Returns
    -------
    dict of str to Path
        Where each file is, by its name.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    out_dir = make_folder(Path(out_dir))
    drawn, figures = save_plates(learning_plates(found), out_dir)
    csvs = {
        "conditions.csv": data.condition_rows(found),
        "chips.csv": data.chip_rows(found),
        "ledger.csv": data.ledger_rows(found),
        "writes.csv": data.write_count_rows(found),
    }
    for name, rows in csvs.items():
        write_csv(out_dir / name, rows)
    write_json(out_dir / "learning.json", data.learning_json(found))
    write_text(out_dir / "learning.html", learning_html(found, drawn))
    return {name: out_dir / name for name in ("learning.html", "learning.json", *csvs)} | figures
