"""The files of a mitigation study: page, JSON, CSV tables and figures, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.figure_files import save_figure
from spikecim.reports.mitigation_page import mitigation_html
from spikecim.reports.mitigation_plates import mitigation_plates
from spikecim.results import mitigation_data as data
from spikecim.results.mitigation import Mitigation


def write_mitigation(found: Mitigation, out_dir: Path, *, figures: bool = True) -> dict[str, Path]:
    """Write mitigation.html, mitigation.json, scores.csv, chips.csv and layers.csv into `out_dir`.

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
    html = mitigation_html(found)
    out_dir = make_folder(Path(out_dir))
    rows = {"scores": data.score_rows(found), "chips": data.chip_rows(found), "layers": data.layer_rows(found)}
    csvs = {f"{name}.csv": made for name, made in rows.items() if made}
    for name, made in csvs.items():
        write_csv(out_dir / name, made)
    write_json(out_dir / "mitigation.json", data.mitigation_json(found))
    write_text(out_dir / "mitigation.html", html)
    written = {name: out_dir / name for name in ("mitigation.html", "mitigation.json", *csvs)}
    if figures:
        folder = make_folder(out_dir / "figures")
        paths = [path for plate in mitigation_plates(found) for path in save_figure(plate.draw(), folder / plate.id)]
        written |= {f"figures/{path.name}": path for path in paths}
    return written
