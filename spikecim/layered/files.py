"""A converted network as one .npz: whole weights, thresholds, code and the quantised ANN; nothing can be executed."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from spikecim.coding.steps import StepCode
from spikecim.errors import ResultFileError, SpikecimError
from spikecim.files import replacing
from spikecim.layered.network import LatencyPhase, SpikingLayer, SpikingNetwork
from spikecim.layered.wiring import ConvolutionWiring, DenseWiring
from spikecim.models.files import CONVERTED, DAMAGE, described, restored, unpacked
from spikecim.models.model import MOST_PARAMETERS

_MOST_BYTES = 24 * MOST_PARAMETERS
_WIRINGS: dict[str, type[Any]] = {"dense": DenseWiring, "convolution": ConvolutionWiring}
_ARRAYS = {"route": np.int32, "weights": np.int32, "units_per_threshold": np.float64, "bias": np.float64}
_ANN = "ann."


def save_spiking(network: SpikingNetwork, path: Path) -> None:
    """Write `network` to `path` (.npz), whole or not at all."""
    ann, arrays = described(network.quantised)
    arrays = {f"{_ANN}{key}": values for key, values in arrays.items()}
    table = []
    for number, layer in enumerate(network.layers):
        row = {key: value for key, value in vars(layer).items() if key not in (*_ARRAYS, "wiring", "phase")}
        kind = next(name for name, wiring in _WIRINGS.items() if isinstance(layer.wiring, wiring))
        row["wiring"] = {"kind": kind, **{item.name: getattr(layer.wiring, item.name) for item in fields(layer.wiring)}}
        row["phase"] = vars(layer.phase) if layer.phase is not None else None
        table.append(row)
        arrays |= {f"{number}.{key}": getattr(layer, key) for key in _ARRAYS}
    about = {
        "format": CONVERTED,
        "name": network.name,
        "conversion": network.conversion,
        "code": vars(network.code),
        "layers": table,
        "notes": network.notes,
        "ann": ann,
    }
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about, sort_keys=True)), **arrays)


def load_spiking(path: Path) -> SpikingNetwork:
    """Read a converted network from a .npz written by `save_spiking`.

    Raises
    ------
    ResultFileError
        If the file cannot be read or is not such a file; the message says what is wrong.
    """
    try:
        about, arrays = unpacked(path, _MOST_BYTES)
        if about.get("format") != CONVERTED:
            raise ValueError(f"format {about.get('format')!r} is not {CONVERTED}")
        ann = {key.removeprefix(_ANN): values for key, values in arrays.items() if key.startswith(_ANN)}
        return SpikingNetwork(
            name=str(about["name"]),
            conversion=str(about["conversion"]),
            layers=tuple(_layer(number, row, arrays) for number, row in enumerate(about["layers"])),
            code=StepCode(**about["code"]),
            quantised=restored(about["ann"], ann),
            notes={str(key): str(value) for key, value in about["notes"].items()},
        )
    except OSError as error:
        raise ResultFileError(f"{path}: cannot be read ({error.strerror or 'not a .npz file'})") from None
    except (KeyError, *DAMAGE, SpikecimError) as error:
        raise ResultFileError(f"{path}: is not a converted network of spikecim ({error})") from None


def _layer(number: int, row: dict[str, Any], arrays: dict[str, Any]) -> SpikingLayer:
    wiring = {key: _tuples(value) for key, value in row["wiring"].items()}
    phase = LatencyPhase(**row["phase"]) if row["phase"] is not None else None
    values = {key: arrays[f"{number}.{key}"].astype(kind) for key, kind in _ARRAYS.items()}
    plain = {key: value for key, value in row.items() if key not in ("wiring", "phase")}
    return SpikingLayer(wiring=_WIRINGS[wiring.pop("kind")](**wiring), phase=phase, **plain, **values)


def _tuples(value: Any) -> Any:
    """JSON knows lists only."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
