"""Where two records first differ, and by how many spikes: identity between engines is checked spike by spike."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.spikes import SpikeRecord

NAMES = ("the first record", "the second")


class Spiking(Protocol):
    """Spikes of one layer: a `SpikeRecord`, or a `LayerSpikes` of several."""

    @property
    def ticks(self) -> NDArray[np.int32]: ...

    @property
    def neurons(self) -> NDArray[Any]: ...

    @property
    def signs(self) -> NDArray[np.int8]: ...

    def samples(self) -> NDArray[np.int64]:
        """The sample each spike belongs to."""


def first_difference(a: SpikeRecord, b: SpikeRecord, names: tuple[str, str] = NAMES) -> str | None:
    """Say in one sentence where `a` and `b` first differ, or return None if all their arrays are equal.

    Output spikes are compared first, then decisions, then residual charges.

    Parameters
    ----------
    names : (str, str), optional
        What the sentence calls the two records.
    """
    if a.n_samples != b.n_samples:
        return f"{names[0]} has {a.n_samples} samples, {names[1]} {b.n_samples}"
    return _spike_difference(a, b, names) or _decision_difference(a, b, names) or _residual_difference(a, b, names)


def compared_spikes(a: Spiking, b: Spiking) -> tuple[int, int]:
    """Count the output spikes compared and those that differ.

    Returns
    -------
    compared : int
        Different spikes (sample, tick, neuron, sign) in the two records together: one in both counts once.
    differing : int
        Those in only one of the two.
    """
    keys = _keys(a, b)
    if np.array_equal(*keys):
        return len(a.ticks), 0
    # The lowest bit tells the record; two sorted halves are merged by a stable sort in linear time.
    both = np.sort(np.concatenate([keys[0] * 2, keys[1] * 2 + 1]), kind="stable")
    first = np.concatenate([[0], np.flatnonzero(np.diff(both >> 1)) + 1])
    differing = int(np.abs(np.add.reduceat(1 - 2 * (both & 1), first)).sum())
    return (len(both) + differing) // 2, differing


def _keys(a: Spiking, b: Spiking) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One whole number per spike that rises with sample, tick, neuron and sign."""
    n_ticks = 1 + max(int(record.ticks.max(initial=0)) for record in (a, b))
    n_out = 1 + max(int(record.neurons.max(initial=0)) for record in (a, b))
    first, second = (
        ((record.samples() * n_ticks + record.ticks) * n_out + record.neurons) * 2 + (record.signs > 0)
        for record in (a, b)
    )
    return first, second


def _spike_difference(a: SpikeRecord, b: SpikeRecord, names: tuple[str, str]) -> str | None:
    keys = _keys(a, b)
    length = min(map(len, keys))
    unequal = np.flatnonzero(keys[0][:length] != keys[1][:length])
    at = int(unequal[0]) if len(unequal) else length
    spikes = [_spike(record, at) for record in (a, b)]
    if spikes[0] == spikes[1]:
        return None
    present = [spike for spike in spikes if spike is not None]
    sample, tick, neuron, _ = min(present)
    seen = [_sign(spike) if spike is not None and spike[:3] == (sample, tick, neuron) else "none" for spike in spikes]
    return (
        f"sample {sample}, tick {tick}, neuron {neuron}: output spike {seen[0]} in {names[0]}, {seen[1]} in {names[1]}"
    )


def _spike(record: SpikeRecord, at: int) -> tuple[int, int, int, int] | None:
    if at >= record.n_spikes:
        return None
    sample = int(np.searchsorted(record.offsets, at, "right")) - 1
    return sample, int(record.ticks[at]), int(record.neurons[at]), int(record.signs[at])


def _sign(spike: tuple[int, int, int, int]) -> str:
    return "+1" if spike[3] > 0 else "-1"


def _decision_difference(a: SpikeRecord, b: SpikeRecord, names: tuple[str, str]) -> str | None:
    for field in fields(a.decisions):
        first, second = getattr(a.decisions, field.name), getattr(b.decisions, field.name)
        found = _first_unequal(first, second, field.name, names)
        if isinstance(found, str):
            return found
        if found is not None:
            sample, column = found
            values = f"{first[found]} in {names[0]}, {second[found]} in {names[1]}"
            return f"sample {sample}, tick {_decided(a, b, found)}, decision column {column}: {field.name} {values}"
    return None


def _decided(a: SpikeRecord, b: SpikeRecord, found: tuple[int, int]) -> int:
    """The earlier of the two deciding ticks."""
    return int(min(record.decisions.durations[found] for record in (a, b))) - 1


def _residual_difference(a: SpikeRecord, b: SpikeRecord, names: tuple[str, str]) -> str | None:
    found = _first_unequal(a.residual, b.residual, "residual", names)
    if found is None or isinstance(found, str):
        return found
    values = f"{a.residual[found]} electrons in {names[0]}, {b.residual[found]} in {names[1]}"
    return f"sample {found[0]}, neuron {found[1]}: residual charge at time-out {values}"


def _first_unequal(
    a: NDArray[np.generic], b: NDArray[np.generic], what: str, names: tuple[str, str]
) -> tuple[int, int] | str | None:
    if a.shape != b.shape:
        return f"{what} has shape {a.shape} in {names[0]}, {b.shape} in {names[1]}"
    unequal = np.argwhere(a != b)
    return (int(unequal[0][0]), int(unequal[0][1])) if len(unequal) else None
