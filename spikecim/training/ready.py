"""Ready networks: trained weights shipped as small .npz files, and the command that makes them again."""

from __future__ import annotations

import json
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError, ResultFileError, hint
from spikecim.files import replacing
from spikecim.network import Network, network_from_array

_MAX_BYTES = 2_000_000


def ready_names() -> list[str]:
    """Names of the shipped networks."""
    folder = resources.files("spikecim.training") / "weights"
    # NAME.ann.npz and NAME.seq.npz are the deep networks of training/deep/.
    found = (entry.name for entry in folder.iterdir() if not entry.name.endswith((".ann.npz", ".seq.npz")))
    return sorted(name.removesuffix(".npz") for name in found if name.endswith(".npz"))


def ready_network(name: str, limit: int = 4) -> Network:
    """Return the shipped network `name`, or the one in the file `name` if it ends in .npz.

    Raises
    ------
    ParameterError, ResultFileError, ShapeError
        Unknown name; not a weights file; weights that do not fit -limit..limit.
    """
    if name.endswith(".npz"):
        return load_network(Path(name), limit)
    if name not in ready_names():
        shipped = f"shipped: {', '.join(ready_names())}; or give a .npz file"
        raise ParameterError(f"network {name!r} is unknown; {hint(name, ready_names(), shipped, cutoff=0.4)}")
    with resources.as_file(resources.files("spikecim.training") / "weights" / f"{name}.npz") as path:
        return load_network(path, limit)


def load_network(path: Path, limit: int = 4) -> Network:
    """Read a network from a .npz file: arrays `weights` and, if known, `real` (n_in, n_out), and `about`, JSON text."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("a network file holds one small array")
        with np.load(path, allow_pickle=False) as archive:
            weights = archive["weights"]
            about = json.loads(str(archive["about"])) if "about" in archive else {}
            real = archive.get("real")
    except OSError as error:
        reason = error.strerror or "not a .npz file"
        raise ResultFileError(f"{path}: cannot be read ({reason}); expected a .npz with an array 'weights'") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise ResultFileError(f"{path}: is not a network file; expected a small .npz with an array 'weights'") from None
    network = network_from_array(weights, limit=limit, name=str(about.get("name", path.stem)))
    notes = {str(key): str(value) for key, value in about.items() if key not in ("name", "preprocessing")}
    preprocessing = str(about.get("preprocessing", "area-mean"))
    return Network(
        weights=network.weights,
        name=network.name,
        preprocessing=preprocessing,
        notes=notes,
        real=None if real is None else _matching(real, network, limit, path),
    )


def save_network(network: Network, path: Path) -> None:
    """Write `network` to `path` (.npz), whole or not at all."""
    about = json.dumps({"name": network.name, "preprocessing": network.preprocessing, **network.notes}, sort_keys=True)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        arrays: dict[str, Any] = {} if network.real is None else {"real": network.real}
        np.savez_compressed(file, weights=network.weights, about=np.array(about), **arrays)


def _matching(real: NDArray[np.generic], network: Network, limit: int, path: Path) -> NDArray[np.float32]:
    """Return `real` if rounding and clipping it gives the network's weights."""
    if real.shape != network.weights.shape or not np.issubdtype(real.dtype, np.floating):
        raise ResultFileError(f"{path}: array 'real' must hold {network.weights.shape} real numbers, like 'weights'")
    values = real.astype(np.float32)
    if not np.array_equal(np.clip(np.rint(values), -limit, limit), network.weights):
        raise ResultFileError(f"{path}: array 'real' does not round to 'weights' of -{limit}..{limit}; leave it out")
    return values
