"""Why one image was read as it was: who put how much charge where, and what other chips make of the same spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import margin
from spikecim.program import Program
from spikecim.results.decision_trace import ImageTrace
from spikecim.spikes import SpikeRecord


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one chip made of the image.

    Attributes
    ----------
    chip : str
        ``"this chip"``, ``"ideal chip"`` or ``"chip 3"``.
    winner : int
    scores : int32 (n_out,)
        Positive minus negative spikes at the decision.
    lead : int
        Best minus second-best score; 0 for a single neuron.
    reached : bool
        False if it ended by time-out.
    ticks, inputs, outputs : int
        Length, and spikes delivered and emitted until the decision.
    """

    chip: str
    winner: int
    scores: NDArray[np.int32]
    lead: int
    reached: bool
    ticks: int
    inputs: int
    outputs: int


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Where the charge of every neuron came from and went, in weight units; arrays are float64 (n_out,).

    ``excitation + inhibition = packets + left + lost``.

    Attributes
    ----------
    excitation, inhibition : array
        Sums of the positive and of the negative contributions of the inputs.
    packets : array
        Reset packets paid: those of positive spikes minus those of negative ones.
    left : array
        Charge on the membrane at the decision.
    lost : array
        The rest: clipped at the rails, leaked, or (negative) brought by read noise.
    """

    excitation: NDArray[np.float64]
    inhibition: NDArray[np.float64]
    packets: NDArray[np.float64]
    left: NDArray[np.float64]
    lost: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One decision, explained.

    Attributes
    ----------
    trace : ImageTrace
    program : Program
    values : float64 (n_in,)
        The picture.
    unit : int
        Electrons of one weight unit.
    here, ideal : Outcome
        The run's own chip, and its ideal twin, on the same input spikes.
    others : tuple of Outcome
        Other virtual chips of the same design and network.
    note : str or None
        What stands between the run's chip and a fair comparison.
    """

    trace: ImageTrace
    program: Program
    values: NDArray[np.float64]
    unit: int
    here: Outcome
    ideal: Outcome
    others: tuple[Outcome, ...]
    note: str | None = None

    @property
    def rival(self) -> int:
        """The runner-up, or the winner itself where it has no rival."""
        return self.trace.winner if self.trace.second is None else self.trace.second

    def contributions(self) -> NDArray[np.float64]:
        """Weight units that each input sent to each neuron, (n_in, n_out): spikes times effective weight."""
        return self.trace.injected(self.program) / self.unit

    def difference(self) -> NDArray[np.float64]:
        """What each input gave the winner more than the runner-up, in weight units, (n_in,)."""
        given = self.contributions()
        return np.asarray(given[:, self.trace.winner] - given[:, self.rival])

    def budget(self) -> Budget:
        """Account for the charge of every neuron."""
        given, (up, down) = self.contributions(), self.trace.emitted()
        packets = (up * self.program.reset_up.astype(float) - down * self.program.reset_down) / self.unit
        left = self.trace.left / self.unit
        excitation, inhibition = np.clip(given, 0, None).sum(0), np.clip(given, None, 0).sum(0)
        return Budget(
            excitation=excitation,
            inhibition=inhibition,
            packets=packets,
            left=left,
            lost=excitation + inhibition - packets - left,
        )

    def strongest(self, n: int, *, sign: int = 1) -> list[int]:
        """Up to `n` inputs that pulled the winner most up (`sign` 1) or down (-1), strongest first."""
        given = sign * self.contributions()[:, self.trace.winner]
        order = np.argsort(-given, kind="stable")[:n]
        return [int(line) for line in order if given[line] > 0]


def outcome(chip: str, record: SpikeRecord, n_out: int) -> Outcome:
    """Summarise the record of one image."""
    scores = np.zeros(n_out, np.int32)
    np.add.at(scores, record.neurons, record.signs)
    decisions = record.decisions
    return Outcome(
        chip=chip,
        winner=int(decisions.winners[0, -1]),
        scores=scores,
        lead=max(int(margin(scores.astype(np.int64))), 0),
        reached=bool(decisions.reached[0, -1]),
        ticks=int(decisions.durations[0, -1]),
        inputs=int(decisions.inputs[0, -1]),
        outputs=int(decisions.outputs[0, -1]),
    )
