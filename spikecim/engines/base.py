"""What an engine is: a Program and spike trains in, a SpikeRecord out, nothing else."""

from __future__ import annotations

from typing import Protocol

from spikecim.layered.program import LayeredProgram
from spikecim.layered.record import LayeredRecord
from spikecim.program import Program
from spikecim.spikes import SpikeRecord, SpikeTrains


class Engine(Protocol):
    """All engines return identical records for the same program and trains (docs/semantics.md)."""

    @property
    def name(self) -> str:
        """The name used on the command line."""

    def run(self, program: Program, trains: SpikeTrains) -> SpikeRecord:
        """Run all samples to their decision.

        Raises
        ------
        EngineError
            If the trains do not fit the program.
        """

    def run_layers(self, program: LayeredProgram, trains: SpikeTrains, *, keep: str = "decisions") -> LayeredRecord:
        """Run all samples through all layers to their decision (semantics, points 10-16).

        Parameters
        ----------
        keep : str
            ``"decisions"``: decisions, tallies and the spikes of the last layer; ``"counts"``: the net spike count of
            every neuron too; ``"spikes"``: all spikes of all layers too.

        Raises
        ------
        EngineError
            If the trains do not fit the program, or `keep` is unknown.
        """
