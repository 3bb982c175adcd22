"""What a folder of results was made from, kept beside them as study.json; other results are refused there."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spikecim.errors import ResultFileError
from spikecim.files import make_folder, write_json
from spikecim.mitigate.spec import MitigationStudy, told
from spikecim.results.journal import Journal
from spikecim.study.manifest import refuse_another
from spikecim.version import __version__

FORMAT, SCHEMA = "spikecim-mitigation", 1
STUDY, JOURNAL, WEIGHTS, LAYERS = "study.json", "journal.txt", "weights", "layers"


@contextmanager
def mitigation_folder(study: MitigationStudy, data_digest: str, out: Path) -> Iterator[Journal]:
    """Make or enter the folder `out`, check that it belongs to `study`, and yield its journal.

    Parameters
    ----------
    data_digest : str
        Of images, labels and weights.

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
    manifest = {
        "format": FORMAT,
        "schema": SCHEMA,
        "spikecim": __version__,
        "study": study.describe(),
        "data_digest": data_digest,
    }
    make_folder(out)
    if (out / STUDY).exists():
        _check(out, manifest)
    counted = json.dumps(_counted(manifest), sort_keys=True)
    about = {"version": __version__, "study": hashlib.sha256(counted.encode()).hexdigest()[:16]}
    columns = tuple(f"block{place}" for place in range(study.blocks))
    with Journal(out / JOURNAL, columns, about) as journal:
        if journal.n_damaged:
            warnings.warn(f"{out / JOURNAL}: {journal.n_damaged:,} damaged lines dropped", stacklevel=3)
        write_json(out / STUDY, manifest)
        yield journal


def _check(out: Path, manifest: Mapping[str, Any]) -> None:
    path = out / STUDY
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultFileError(f"{path}: cannot be read ({error}); choose another --out") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ResultFileError(f"{path}: is no mitigation study of spikecim's; choose another --out")
    refuse_another(out, _counted(found), _counted(manifest))


def _counted(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What results depend on: no words, and not how many chips there shall be."""
    study = manifest.get("study")
    if not isinstance(study, Mapping):
        return dict(manifest)
    chips = study.get("chips")
    kept = {"seed": chips.get("seed")} if isinstance(chips, Mapping) else chips
    return {**manifest, "study": {**told(study), "chips": kept}}
