"""What a folder of results was made from, kept beside them as study.json; other results are refused there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spikecim.mitigate.spec import MitigationStudy, told
from spikecim.results.journal import Journal
from spikecim.study.kept_folder import kept_folder, manifest_for
from spikecim.version import __version__

FORMAT, SCHEMA = "spikecim-mitigation", 1
WEIGHTS, LAYERS = "weights", "layers"


@contextmanager
def mitigation_folder(study: MitigationStudy, data_digest: str, out: Path) -> Iterator[Journal]:
    """Make or enter the folder `out`, check that it belongs to `study`, and yield its journal.

    Parameters
    ----------
    data_digest : str
        Of images, labels and weights.

    Raises
    ------
    ResultFileError, OutputError
        See `kept_folder`.
    """
    manifest = manifest_for((FORMAT, SCHEMA), study.describe(), data_digest)
    counted = json.dumps(_counted(manifest), sort_keys=True)
    about = {"version": __version__, "study": hashlib.sha256(counted.encode()).hexdigest()[:16]}
    columns = tuple(f"block{place}" for place in range(study.blocks))
    with kept_folder(out, manifest, _counted, columns, about) as journal:
        yield journal


def _counted(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What results depend on: no words, and not how many chips there shall be."""
    study = manifest.get("study")
    if not isinstance(study, Mapping):
        return dict(manifest)
    chips = study.get("chips")
    kept = {"seed": chips.get("seed")} if isinstance(chips, Mapping) else chips
    return {**manifest, "study": {**told(study), "chips": kept}}
