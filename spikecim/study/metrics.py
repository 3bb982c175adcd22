"""What a study measures of one virtual chip: names, units, and how each is read from its decisions and its ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.build import VirtualChip
from spikecim.energy.actions import actions_until
from spikecim.energy.ledger import EnergyLedger, account
from spikecim.errors import ParameterError, hint
from spikecim.spikes import Decisions, SpikeTrains


@dataclass(frozen=True, kw_only=True)
class Observed:
    """One virtual chip's decisions at one margin, and what they cost.

    Attributes
    ----------
    virtual : VirtualChip
    right : bool (n_samples,)
    inputs, outputs, durations : int32 (n_samples,)
    ledger : EnergyLedger
    """

    virtual: VirtualChip
    right: NDArray[np.bool_]
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    durations: NDArray[np.int32]
    ledger: EnergyLedger


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number of one virtual chip; `better` is ``"high"``, ``"low"`` or ``""`` for what is neither."""

    unit: str
    better: str
    label: str
    read: Callable[[Observed], float]


METRICS: dict[str, Metric] = {
    "accuracy": Metric(unit="", better="high", label="accuracy", read=lambda o: float(o.right.mean())),
    "input_spikes": Metric(
        unit="spikes", better="low", label="input spikes per image", read=lambda o: float(o.inputs.mean())
    ),
    "output_spikes": Metric(
        unit="spikes", better="low", label="output spikes per image", read=lambda o: float(o.outputs.mean())
    ),
    "input_spikes_sd": Metric(
        unit="spikes", better="", label="spread of input spikes over images", read=lambda o: float(o.inputs.std())
    ),
    "time_us": Metric(
        unit="us",
        better="low",
        label="time per inference",
        read=lambda o: float(o.durations.mean()) * o.virtual.program.tick_s * 1e6,
    ),
    "core_nj": Metric(
        unit="nJ",
        better="low",
        label="core energy per inference",
        read=lambda o: float(o.ledger.per_sample("core").mean()) / 1e3,
    ),
    "chip_nj": Metric(
        unit="nJ",
        better="low",
        label="chip energy per inference",
        read=lambda o: float(o.ledger.per_sample("chip").mean()) / 1e3,
    ),
    "core_pj_per_event": Metric(
        unit="pJ",
        better="low",
        label="core energy per synaptic event",
        read=lambda o: o.ledger.per_synaptic_event_pj("core"),
    ),
    "chip_pj_per_event": Metric(
        unit="pJ",
        better="low",
        label="chip energy per synaptic event",
        read=lambda o: o.ledger.per_synaptic_event_pj("chip"),
    ),
    "cell_pj_per_event": Metric(
        unit="pJ",
        better="low",
        label="energy of cell currents per synaptic event",
        read=lambda o: _per_event(o, "cell_read"),
    ),
    "cells": Metric(unit="cells", better="low", label="RRAM cells", read=lambda o: float(o.virtual.chip.n_cells)),
    "unverified_cells": Metric(
        unit="cells",
        better="low",
        label="cells that programming left outside their window",
        read=lambda o: float((~o.virtual.cells.verified).sum()),
    ),
    "programming_nj": Metric(
        unit="nJ", better="low", label="programming energy", read=lambda o: o.virtual.programming_j * 1e9
    ),
}


def check_metric(name: str, delta_s: int, place: str) -> None:
    """Raise ParameterError unless `name` is a metric, or ``metric@margin`` with a margin of 1..delta_s."""
    plain, at, margin = name.partition("@")
    if plain not in METRICS:
        near = hint(plain, METRICS, f"allowed: {', '.join(METRICS)}")
        raise ParameterError(f"{place}: {name!r} is no metric; {near}")
    if at and not (margin.isdecimal() and 1 <= int(margin) <= delta_s):
        raise ParameterError(f"{place}: {name!r}: a margin after @ must be 1 .. {delta_s} (decision.delta_s)")


def metric_of(name: str) -> Metric:
    """The metric behind `name`, with or without a margin."""
    return METRICS[name.partition("@")[0]]


def measure(
    names: tuple[str, ...],
    virtual: VirtualChip,
    trains: SpikeTrains,
    decisions: Decisions,
    labels: NDArray[np.integer],
) -> dict[str, float]:
    """All metrics `names` of one virtual chip."""
    margins = {name: name.partition("@")[2] for name in names}
    seen = {
        margin: _observe(virtual, trains, decisions, labels, int(margin) - 1 if margin else -1)
        for margin in dict.fromkeys(margins.values())
    }
    return {name: metric_of(name).read(seen[margin]) for name, margin in margins.items()}


def _observe(
    virtual: VirtualChip, trains: SpikeTrains, decisions: Decisions, labels: NDArray[np.integer], column: int
) -> Observed:
    until = (decisions.inputs[:, column], decisions.outputs[:, column], decisions.durations[:, column])
    actions = actions_until(virtual.program, trains, *until)
    chip = virtual.chip
    ledger = account(actions, chip.energy, tick_s=chip.tick_s, bits=chip.word_bits, n_out=chip.geometry.n_out.value)
    return Observed(
        virtual=virtual,
        right=decisions.winners[:, column] == labels,
        inputs=until[0],
        outputs=until[1],
        durations=until[2],
        ledger=ledger,
    )


def _per_event(seen: Observed, part: str) -> float:
    events = int(seen.ledger.actions.synaptic_events.sum())
    return float(seen.ledger.parts[part].sum()) / events if events else float("nan")
