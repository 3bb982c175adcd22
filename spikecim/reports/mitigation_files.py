"""The files of a mitigation study: page, JSON, CSV tables and figures, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.figure_files import save_plates
from spikecim.reports.mitigation_page import mitigation_html
from spikecim.reports.mitigation_plates import mitigation_plates
from spikecim.results import mitigation_data as data
from spikecim.results.mitigation import Mitigation


def write_mitigation(found: Mitigation, out_dir: Path) -> dict[str, Path]:
    """Write mitigation.html, mitigation.json, scores.csv, chips.csv, layers.csv and figures/*.png and *.svg.

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
    drawn, figures = save_plates(mitigation_plates(found), out_dir)
    rows = {"scores": data.score_rows(found), "chips": data.chip_rows(found), "layers": data.layer_rows(found)}
    csvs = {f"{name}.csv": made for name, made in rows.items() if made}
    for name, made in csvs.items():
        write_csv(out_dir / name, made)
    write_json(out_dir / "mitigation.json", data.mitigation_json(found))
    write_text(out_dir / "mitigation.html", mitigation_html(found, drawn))
    return {name: out_dir / name for name in ("mitigation.html", "mitigation.json", *csvs)} | figures
