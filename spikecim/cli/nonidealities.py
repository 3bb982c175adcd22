"""`spikecim reproduce nonidealities`: published marks of hardware errors and their cures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Json, OutDir, Quiet
from spikecim.cli.shell import guarded, say, show, show_json, stages

Name = Annotated[str, typer.Argument(metavar="NAME", help="flash-lenet, cnn-cifar10 or transformer.")]


@guarded
def reproduce_nonidealities(
    name: Name = "flash-lenet",
    out: OutDir = Path("out/nonidealities"),
    chips: Annotated[int | None, typer.Option("--chips", min=1, help="Virtual chips, instead of the study's.")] = None,
    images: Annotated[int | None, typer.Option("--images", min=2, help="Test samples, instead of the study's.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """A network on analog arrays with all five errors, before and after the cures, beside the published marks."""
    from spikecim.cli.mitigate import measured
    from spikecim.experiments.nonidealities import known_study, rows_of
    from spikecim.files import write_csv, write_json
    from spikecim.mitigate.shipped import find_study
    from spikecim.reports.mitigation_files import write_mitigation

    study = find_study(known_study(name), chips=chips, images=images)
    with stages(quiet=quiet or json) as stage:
        found = measured(study, out, stage)
        stage("page", 0, 1)
        write_mitigation(found, out)
    rows = rows_of(found)
    write_json(out / "reproduction.json", {"study": study.name, "rows": [row.as_dict() for row in rows]})
    write_csv(out / "rows.csv", [row.as_dict() for row in rows])
    if json:
        show_json({"study": study.name, "rows": [row.as_dict() for row in rows]})
    else:
        from spikecim.reports.mitigation_terminal import mitigation_summary
        from spikecim.reports.terminal import rows_table

        show(*mitigation_summary(found), "", rows_table(rows))
    say(f"wrote {out / 'reproduction.json'}, rows.csv, mitigation.html, mitigation.json, figures/", quiet=quiet)
