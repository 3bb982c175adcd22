"""`spikecim explore`: a multi-objective search over designs, its Pareto front judged on fresh chips and test images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, Processes, Quiet, Scheduler, Set
from spikecim.cli.shell import guarded, leave_interrupted, overrides, say, show, show_json, stages, warnings_said

if TYPE_CHECKING:
    from spikecim.progress import Stage
    from spikecim.results.search_result import SearchResult

StudyFile = Annotated[
    str | None,
    typer.Argument(metavar="STUDY", help="A study file with a search table, or the name of a shipped study."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the search (default: out/explore-NAME).")]
List_ = Annotated[bool, typer.Option("--list", help="Show the shipped studies and leave.")]


@guarded
def explore(
    study: StudyFile = None,
    out: Out = None,
    jobs: Processes = None,
    scheduler: Scheduler = None,
    set_: Set = None,
    list_: List_ = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Search designs for the best trade-offs: accuracy, yield, energy, cells, time."""
    from spikecim.errors import ParameterError
    from spikecim.study.ready_studies import find_study, ready_studies

    if list_:
        for name, title in ready_studies().items():
            typer.echo(f"{name:<24}{title}")
        return
    if study is None:
        raise ParameterError("explore: give a study file, or the name of a shipped study; --list shows them")
    found = find_study(study, overrides(set_))
    folder = out or Path("out") / f"explore-{_slug(found.name)}"
    from spikecim.study.pool import open_pool
    from spikecim.study.search import run_search
    from spikecim.study.search_spec import read_search

    # A faulty table fails before processes are started.
    read_search(found)
    with stages(quiet=quiet or json) as stage:
        try:
            with warnings_said(), open_pool(jobs, scheduler) as pool:
                result = run_search(found, folder, pool, stage)
        except KeyboardInterrupt:
            leave_interrupted(f"{folder} keeps all that was finished, if anything was; the same command goes on")
        write(result, folder, stage)
    if json:
        from spikecim.results.search_data import search_json

        show_json(search_json(result))
    else:
        from spikecim.reports.search_text import search_summary

        show(*search_summary(result))
    say(f"wrote {folder / 'search.html'}, search.json, front.csv, designs.csv and figures/", quiet=quiet)


def _slug(name: str) -> str:
    """A folder's name from a study's: letters, digits and dashes."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower())) or "study"


def write(found: SearchResult, folder: Path, stage: Stage) -> None:
    """Write JSON, CSV, page and figures into `folder`, each whole or not at all."""
    from spikecim.files import write_csv, write_json
    from spikecim.results.search_data import front_rows, search_json, trial_rows

    write_json(folder / "search.json", search_json(found))
    write_csv(folder / "front.csv", front_rows(found))
    write_csv(folder / "designs.csv", trial_rows(found))
    stage("page", 0, 1)
    from spikecim.reports.search_page import write_search_page

    write_search_page(found, folder)
