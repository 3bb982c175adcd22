"""A folder of results that goes on where it stopped: study.json beside a journal; other results are refused there."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spikecim.errors import ResultFileError
from spikecim.files import make_folder, write_json
from spikecim.results.journal import Journal
from spikecim.study.manifest import refuse_another
from spikecim.version import __version__

STUDY, JOURNAL = "study.json", "journal.txt"
Manifest = Mapping[str, Any]


def manifest_for(form: tuple[str, int], study: Manifest, data_digest: str) -> dict[str, Any]:
    """What results are made from; `form` is the name and the schema of the folder's format."""
    return {
        "format": form[0],
        "schema": form[1],
        "spikecim": __version__,
        "study": study,
        "data_digest": data_digest,
    }


@contextmanager
def kept_folder(
    out: Path,
    manifest: Manifest,
    counted: Callable[[Manifest], dict[str, Any]],
    columns: tuple[str, ...],
    about: Mapping[str, str],
) -> Iterator[Journal]:
    """Make or enter the folder `out`, check that it belongs to `manifest`, and yield its journal.

    Parameters
    ----------
    manifest : mapping
        Of `manifest_for`; written as study.json.
    counted : callable
        The part of a manifest that results depend on.
    columns, about
        Of the journal.

    Raises
    ------
    ResultFileError
        If the folder holds results of another study, other data or another version; the differences are named.
    OutputError
        If it cannot be written, or another process is writing into it.

    Warns
    -----
    UserWarning
        If lines of the journal are damaged; how many.
    """
    make_folder(out)
    if (out / STUDY).exists():
        _check(out, manifest, counted)
    with Journal(out / JOURNAL, columns, about) as journal:
        if journal.n_damaged:
            lines = "1 damaged line" if journal.n_damaged == 1 else f"{journal.n_damaged:,} damaged lines"
            warnings.warn(f"{out / JOURNAL}: {lines} dropped; what has no line is done again", stacklevel=4)
        write_json(out / STUDY, manifest)
        yield journal


def _check(out: Path, manifest: Manifest, counted: Callable[[Manifest], dict[str, Any]]) -> None:
    path = out / STUDY
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultFileError(
            f"{path}: cannot be read ({error}); choose another --out, or remove this file: it is written anew, and "
            f"nothing is done again if {JOURNAL} beside it is of the same study"
        ) from None
    if not isinstance(found, dict) or found.get("format") != manifest["format"]:
        raise ResultFileError(f"{path}: is no study of the kind {manifest['format']}; choose another --out")
    refuse_another(out, counted(found), counted(manifest))
