"""How a network of whole weights does on many virtual SPIRIT chips, on the real event engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.build import VirtualChip, build
from spikecim.chips.spec import ChipSpec
from spikecim.devices.ageing import FRESH, Past
from spikecim.devices.retention import ROOM_K
from spikecim.engines.many import run_many
from spikecim.errors import ParameterError
from spikecim.network import Network
from spikecim.program import Program
from spikecim.progress import Tick
from spikecim.spikes import SpikeTrains

AT_ONCE = 16  # programs of one call of the engine


@dataclass(frozen=True, kw_only=True)
class Score:
    """What every chip of a population did.

    Attributes
    ----------
    accuracy : float64 (n_chips,)
    inputs : float64 (n_chips,)
        Input spikes of a sample until the decision, mean.
    """

    accuracy: NDArray[np.float64]
    inputs: NDArray[np.float64]

    def interval(self, share: float = 0.9) -> tuple[float, float, float]:
        """Median accuracy over chips, and the lower and upper end that `share` of the chips lie between."""
        low, middle, high = np.quantile(self.accuracy, [(1 - share) / 2, 0.5, (1 + share) / 2])
        return float(middle), float(low), float(high)


def past_of(seconds: float) -> Past:
    """What happened to a chip that lay for `seconds` at room temperature."""
    return FRESH.then(seconds, ROOM_K, 0.0) if seconds else FRESH


def score(
    chip: ChipSpec,
    network: Network,
    trains: SpikeTrains,
    labels: NDArray[np.integer],
    *,
    chips: range,
    seed: int = 0,
    seconds: float = 0.0,
    rounded: bool = True,
    progress: Tick | None = None,
) -> Score:
    """Run virtual chips (seed, index) for every index of `chips`, `seconds` after programming, on the same `trains`.

    If not `rounded`, what rounding took from the real weights is injected beside the cells, without any error.

    Raises
    ------
    ParameterError
        If there is no chip.
    """
    if not chips:
        raise ParameterError("number of virtual chips: must be at least 1, got 0")
    right, inputs = [], []
    for start in range(0, len(chips), AT_ONCE):
        indices, past = chips[start : start + AT_ONCE], past_of(seconds)
        built = [build(chip, network, seed, index) for index in indices]
        programs = [_program(virtual.at(past), None if rounded else network) for virtual in built]
        outcomes = run_many(programs, trains)
        right.append((outcomes.winners == labels).mean(1))
        inputs.append(outcomes.inputs.mean(1))
        if progress is not None:
            progress(start + len(indices), len(chips))
    return Score(accuracy=np.concatenate(right), inputs=np.concatenate(inputs))


def _program(made: VirtualChip, real: Network | None) -> Program:
    """The chip's program, with what rounding took from `real` beside its cells."""
    if real is None or real.real is None:
        return made.program
    lost = np.rint(made.unit * (np.asarray(real.real, np.float64) - real.weights)).astype(np.int32)
    return made.program.with_(charge=made.program.charge + np.stack([lost, -lost]))
