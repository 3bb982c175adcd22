"""Where two records of several layers differ, and by how many spikes over all layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import EngineError
from spikecim.layered.record import LayeredRecord
from spikecim.results.compare import NAMES, compared_spikes, first_difference


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What `differences` found.

    Attributes
    ----------
    compared : tuple of int
        Different spikes (sample, tick, neuron, sign) of each layer in the two records together.
    differing : tuple of int
        Those in only one of the two.
    first : str or None
        Where the records first differ, in one sentence; None if all their arrays are equal.
    """

    compared: tuple[int, ...]
    differing: tuple[int, ...]
    first: str | None


def differences(a: LayeredRecord, b: LayeredRecord, names: tuple[str, str] = NAMES) -> Differences:
    """Compare all spikes of all layers, then decisions, residual charges, tallies and checkpoints.

    Raises
    ------
    EngineError
        If one of the records was made without ``keep="spikes"``, or they have unequal layers.
    """
    if a.spikes is None or b.spikes is None:
        raise EngineError('records without spikes cannot be compared; run the engine with keep="spikes"')
    if len(a.spikes) != len(b.spikes):
        raise EngineError(f"records of {len(a.spikes)} and {len(b.spikes)} layers cannot be compared")
    if a.output.n_samples != b.output.n_samples:
        raise EngineError(f"records of {a.output.n_samples} and {b.output.n_samples} samples cannot be compared")
    pairs = [compared_spikes(*pair) for pair in zip(a.spikes, b.spikes, strict=True)]
    compared, differing = (tuple(part) for part in zip(*pairs, strict=True))
    layer = next((f"layer {number}: {count} spikes differ" for number, count in enumerate(differing) if count), None)
    return Differences(
        compared=compared,
        differing=differing,
        first=layer or first_difference(a.output, b.output, names) or _array_difference(a, b, names),
    )


def _array_difference(a: LayeredRecord, b: LayeredRecord, names: tuple[str, str]) -> str | None:
    pairs: dict[str, tuple[NDArray[np.generic], NDArray[np.generic]]] = {
        name: (getattr(a, name), getattr(b, name))
        for name in ("margin_tallies", "checkpoint_winners", "checkpoint_tallies")
    }
    if a.counts is not None and b.counts is not None:
        pairs |= {f"counts of layer {k}": pair for k, pair in enumerate(zip(a.counts, b.counts, strict=True))}
    for name, (first, second) in pairs.items():
        if first.shape != second.shape:
            return f"{name} has shape {first.shape} in {names[0]}, {second.shape} in {names[1]}"
        unequal = np.argwhere(first != second)
        if len(unequal):
            at = tuple(int(index) for index in unequal[0])
            return f"sample {at[0]}: {name}{list(at)} is {first[at]} in {names[0]}, {second[at]} in {names[1]}"
    return None
