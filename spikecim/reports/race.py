"""The interactive race between the neurons: a fragment for a report, or a page of its own; no network, no library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecim.files import write_text
from spikecim.reports.race_data import race_data
from spikecim.reports.template import render
from spikecim.reports.wording import several
from spikecim.version import __version__

if TYPE_CHECKING:
    from markupsafe import Markup

    from spikecim.results.run import RunResult

IMAGES = 200


def race_fragment(run: RunResult, n_images: int = IMAGES, first: int | None = None) -> Markup:
    """Return the race as HTML to stand once in a page that has the variables of `templates/style.css`.

    Parameters
    ----------
    n_images : int
        At most this many images: misread ones first, then close ones (see `race_data.choose_images`).
    first : int, optional
        Sample that is shown first.

    Raises
    ------
    ParameterError
        If the run has no images, or no image `first`.
    ResultFileError
        If what the program does is not what the run recorded.
    """
    from markupsafe import Markup

    data = race_data(run, n_images, first)
    return Markup(render("race.html", race=_facts(run, data), data=Markup(_in_script(data))))


def race_page(run: RunResult, n_images: int = IMAGES, first: int | None = None) -> str:
    """Return a whole page with nothing but the race; errors as in `race_fragment`."""
    title, _, rest = run.chip.title.partition(": ")
    data = run.settings.get("data", "given").partition(" (")[0]
    meta = [
        ("data", f"{several(run.n_samples, 'image')}, {data}"),
        *((name, run.settings[key]) for name, key in (("virtual chip", "chip_index"), ("seed", "seed"))
          if key in run.settings),
    ]  # fmt: skip
    page = {"title": title, "subtitle": rest, "meta": meta, "version": __version__}
    return render("race_page.html", page=page, fragment=race_fragment(run, n_images, first))


def write_race(run: RunResult, path: Path, n_images: int = IMAGES, first: int | None = None) -> None:
    """Write `race_page` to `path`, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_text(Path(path), race_page(run, n_images, first))


def _facts(run: RunResult, data: dict[str, Any]) -> dict[str, Any]:
    """What the template says in words."""
    shown = len(data["images"])
    return {
        "shown": several(shown, "image"),
        "whole": f"{run.n_samples:,}",
        "all": shown == run.n_samples,
        "labels": sorted({image["label"] for image in data["images"]}),
        "last": run.n_samples - 1,
    }


def _in_script(data: dict[str, Any]) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
