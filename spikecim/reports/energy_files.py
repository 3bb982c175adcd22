"""The files of an energy report: page, JSON, CSV tables and LaTeX, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.energy_latex import energy_latex
from spikecim.reports.energy_page import energy_html
from spikecim.reports.energy_plates import run_plates, runs_plates
from spikecim.reports.figure_files import save_figure
from spikecim.results import energy_report_data as data
from spikecim.results.energy_report import EnergyReport


def write_energy(report: EnergyReport, out_dir: Path, *, figures: bool = False) -> dict[str, Path]:
    """Write energy.html, energy.json, energy.tex, parts.csv, layers.csv, classes.csv and images.csv into `out_dir`.

    With several runs the images of run N are in images-N.csv.

    Parameters
    ----------
    figures : bool
        Write every figure as figures/NAME.svg and .png too.

    Returns
    -------
    dict of str to Path
        Where each file is, by its name.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    # All is made before anything is written: a page that fails leaves no tables without it.
    html, latex = energy_html(report), energy_latex(report)
    out_dir = make_folder(Path(out_dir))
    tables = {"parts": data.part_rows(report), "layers": data.layer_rows(report), "classes": data.class_rows(report)}
    csvs = {f"{name}.csv": rows for name, rows in tables.items()}
    csvs |= {data.csv_name(report, run, "images"): data.image_rows(run) for run in report.runs}
    for name, rows in csvs.items():
        write_csv(out_dir / name, rows)
    write_json(out_dir / "energy.json", data.energy_json(report))
    write_text(out_dir / "energy.tex", latex)
    write_text(out_dir / "energy.html", html)
    written = {name: out_dir / name for name in ("energy.html", "energy.json", "energy.tex", *csvs)}
    return written | (_write_figures(report, out_dir) if figures else {})


def _write_figures(report: EnergyReport, out_dir: Path) -> dict[str, Path]:
    folder, one = make_folder(out_dir / "figures"), len(report.runs) == 1
    plates = [
        plate
        for place, run in enumerate(report.runs)
        for plate in run_plates(run, report, "" if one else f"r{place + 1}-")
    ]
    plates += [] if one else runs_plates(report)
    paths = [path for plate in plates for path in save_figure(plate.draw(), folder / plate.id)]
    return {f"figures/{path.name}": path for path in paths}
