"""The files of a study of training on the chip: page, JSON, CSV tables and figures, each whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.figure_files import save_plates
from spikecim.reports.insitu_live import LIVE
from spikecim.reports.insitu_page import insitu_html
from spikecim.reports.insitu_plates import insitu_plates
from spikecim.results import insitu_data as data
from spikecim.results.insitu_table import InsituTable


def write_insitu_data(found: InsituTable, out_dir: Path) -> dict[str, Path]:
    """Write insitu.json, table.csv, trainings.csv, curves.csv and arrays.csv.

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
    rows = {
        "table.csv": data.cell_rows(found),
        "trainings.csv": data.seed_rows(found),
        "curves.csv": data.curve_rows(found),
        "arrays.csv": data.array_rows(found),
    }
    csvs = {name: made for name, made in rows.items() if made}
    for name, made in csvs.items():
        write_csv(out_dir / name, made)
    write_json(out_dir / "insitu.json", data.insitu_json(found))
    return {name: out_dir / name for name in ("insitu.json", *csvs)}


def write_insitu(found: InsituTable, out_dir: Path) -> dict[str, Path]:
    """Write what `write_insitu_data` does, insitu.html, and figures/*.png and *.svg; the live figure goes.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    written = write_insitu_data(found, out_dir)
    out_dir = Path(out_dir)
    drawn, figures = save_plates(insitu_plates(found), out_dir)
    write_text(out_dir / "insitu.html", insitu_html(found, drawn))
    with suppress(OSError):
        (out_dir / LIVE).unlink(missing_ok=True)
    return {"insitu.html": out_dir / "insitu.html", **written, **figures}
