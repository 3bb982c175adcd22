"""What a run of any kind says about its energy: one shape for SPIRIT's one core and for networks of several layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.entries import Entry
from spikecim.energy.table import READINGS
from spikecim.energy.terms import READING, Term, reading_factor


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Every sample until its decision at one margin.

    Attributes
    ----------
    delta_s : int or None
        The margin; None where samples run to the end of their window.
    correct : bool (n_samples,)
    terms : tuple of Term
        What was counted, one term for each entry and part, each (n_samples, n_layers).
    words_in, words_out : int64 (n_samples,)
        Words on the link to the outside: input spikes and output spikes.
    events : int64 (n_samples, n_layers)
        Synaptic events: one row reaching one neuron.
    ticks : int64 (n_samples,)
    """

    delta_s: int | None
    correct: NDArray[np.bool_]
    terms: tuple[Term, ...]
    words_in: NDArray[np.int64]
    words_out: NDArray[np.int64]
    events: NDArray[np.int64]
    ticks: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class EnergySource:
    """One run on one virtual chip.

    Attributes
    ----------
    name : str
        How the report calls the run.
    settings : dict of str
        Chip, network, data, seed and what else a reader needs to run it again.
    layers : tuple of str
    macs : int64 (n_layers,)
        Multiply-accumulates of the same network in formal coding.
    weights : int
        Of the network, shared ones once.
    nonzero : float or None
        Share of input values that are not 0, over the run's images; None where the run does not hold them.
    lines : (int, int)
        Input lines and output neurons: how many addresses a word must tell apart.
    signed_inputs : bool
        Whether an input word must carry a sign.
    labels : int (n_samples,)
    late : bool (n_samples,)
        Samples that ended by time-out at the run's own margin.
    scopes : mapping of str to tuple of str
        Parts of the core and of the whole chip.
    entries : tuple of Entry
        The energy table with its ranges.
    reading : str
        Reading of the published core figure that the run's chip takes.
    tick_s : float
    silent : tuple of Term
        The same counts for one presentation without any input spike, each (1, n_layers).
    bits : (int, int)
        Bits of an input and of an output word.
    snapshots : tuple of Snapshot
        One for each margin that the run holds, rising; the last one is the run's own.
    programming_nj : float or None
        None where the cells were not programmed by spikecim.
    pulse : (str, str)
        What a programming pulse takes, as text, and the status of that number.
    """

    name: str
    settings: Mapping[str, str]
    layers: tuple[str, ...]
    macs: NDArray[np.int64]
    weights: int
    nonzero: float | None
    lines: tuple[int, int]
    signed_inputs: bool
    labels: NDArray[np.integer]
    late: NDArray[np.bool_]
    scopes: Mapping[str, tuple[str, ...]]
    entries: tuple[Entry, ...]
    reading: str
    tick_s: float
    silent: tuple[Term, ...]
    bits: tuple[int, int]
    snapshots: tuple[Snapshot, ...]
    programming_nj: float | None
    pulse: tuple[str, str]

    @property
    def own(self) -> Snapshot:
        """At the run's own margin."""
        return self.snapshots[-1]

    @property
    def n_samples(self) -> int:
        return len(self.labels)

    def values(self, reading: str | None = None) -> dict[str, float]:
        """SI value of every factor by its path; under another `reading` than the chip's own if one is given."""
        values = {entry.path: entry.value for entry in self.entries}
        if READING in values:
            values[READING] = reading_factor(reading or self.reading, self.lines[1])
        return values

    @property
    def readings(self) -> tuple[str, ...]:
        """Readings of the published core figure that the run can be accounted under, its own first."""
        return (self.reading, *(name for name in READINGS if name != self.reading and READING in self.values()))

    def nj(
        self, parts: tuple[str, ...], terms: tuple[Term, ...] | None = None, reading: str | None = None
    ) -> NDArray[np.float64]:
        """Energy in nJ of every sample and layer in `parts`, (n_samples, n_layers): its terms, in their order."""
        values, counted = self.values(reading), self.own.terms if terms is None else terms
        inside = [term.pj(values) / 1000 for term in counted if term.part in parts]
        return reduce(np.add, inside, np.zeros((1, 1)))
