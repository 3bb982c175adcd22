"""Virtual chips by the hundred: same network, same spikes, every cell and transistor drawn anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.build import VirtualChip, build
from spikecim.chips.spec import ChipSpec
from spikecim.energy.actions import count_actions
from spikecim.energy.ledger import account
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError
from spikecim.network import Network
from spikecim.progress import Tick
from spikecim.results.population import Population
from spikecim.spikes import SpikeRecord, SpikeTrains


def check_n_chips(n_chips: int) -> None:
    """Raise `ParameterError` unless at least one virtual chip is asked for."""
    if n_chips < 1:
        raise ParameterError(f"number of virtual chips: must be at least 1, got {n_chips}")


def run_population(
    chip: ChipSpec,
    network: Network,
    trains: SpikeTrains,
    labels: NDArray[np.integer],
    *,
    n_chips: int,
    seed: int = 0,
    progress: Tick | None = None,
) -> Population:
    """Run `n_chips` virtual chips on the same input spikes with the event engine.

    Parameters
    ----------
    progress : callable(done, total), optional

    Raises
    ------
    ParameterError
        If `n_chips` is below 1.
    """
    check_n_chips(n_chips)
    engine, rows = EventEngine(keep_spikes=False), []
    try:
        for index in range(n_chips):
            virtual = build(chip, network, seed, index)
            record = engine.run(virtual.program, trains)
            rows.append(_row(chip, virtual, trains, record, labels))
            if progress is not None:
                progress(index + 1, n_chips)
    except KeyboardInterrupt:
        # Keep what is there; the caller sees fewer rows than requested.
        if not rows:
            raise
    columns = {name: np.array([row[name] for row in rows], np.float64) for name in rows[0]}
    return Population(requested=n_chips, **columns)


def _row(
    chip: ChipSpec,
    virtual: VirtualChip,
    trains: SpikeTrains,
    record: SpikeRecord,
    labels: NDArray[np.integer],
) -> dict[str, NDArray[np.float64] | float]:
    """One chip's entry of every column of `Population`: (n_margins,) arrays, or numbers."""
    actions = count_actions(virtual.program, trains, record)
    ledger = account(actions, chip.energy, tick_s=chip.tick_s, bits=chip.word_bits, n_out=virtual.program.n_out)
    decisions = record.decisions
    return {
        "accuracy": (decisions.winners == labels[:, None]).mean(0),
        "input_spikes": decisions.inputs.mean(0),
        "output_spikes": decisions.outputs.mean(0),
        "core_pj": float(ledger.per_sample("core").mean()),
        "chip_pj": float(ledger.per_sample("chip").mean()),
        "synaptic_events": float(actions.synaptic_events.mean()),
        "unverified_cells": float((~virtual.cells.verified).sum()),
        "programming_nj": virtual.programming_j * 1e9,
    }
