"""The STDP rule in ticks and integer chances (docs/stdp.md): which cells a spike switches, and the draws behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.streams import GOLDEN, event_key, mix64

# Rows of `StdpRule.chance`: what makes a cell try to switch.
ACTIVE, SILENT, LATE = 0, 1, 2
# Columns of its last axis: which write it tries.
SET, RESET = 0, 1
CERTAIN = 2**32


@dataclass(frozen=True, kw_only=True)
class StdpRule:
    """Stochastic STDP of binary cells.

    Attributes
    ----------
    window : int
        A line is active at an output spike in tick t if its last spike came in ticks t - window .. t.
    late_window : int
        An input spike in tick t is late if the neuron's last spike came in ticks t - late_window .. t - 1; 0 switches
        this off.
    chance : int64 (3, 2, 2)
        Chance of a write in 2**-32: [ACTIVE, SILENT or LATE][sign of the output spike: 0 is +, 1 is -][SET or RESET].
        A cell switches if the 32 bits drawn for it are below its chance.
    """

    window: int
    late_window: int
    chance: NDArray[np.int64]

    def check(self) -> StdpRule:
        """Return self, or raise ParameterError naming the first field that is out of range."""
        if self.window < 0 or self.late_window < 0:
            raise ParameterError("stdp rule: window and late_window are ticks and must not be negative")
        if self.chance.shape != (3, 2, 2):
            raise ParameterError(f"stdp rule: chance must have shape (3, 2, 2), got {self.chance.shape}")
        if self.chance.min() < 0 or self.chance.max() > CERTAIN:
            raise ParameterError("stdp rule: every chance must lie in 0 .. 2**32")
        return self


Chances = float | tuple[float, float]


def stdp_rule(
    *,
    window: int,
    active: Chances,
    silent: Chances,
    late: Chances = 0.0,
    late_window: int = 0,
    set_share: float = 1.0,
    reset_share: float = 1.0,
) -> StdpRule:
    """Return the rule from probabilities.

    Parameters
    ----------
    window, late_window : int
        Ticks, see `StdpRule`.
    active, silent, late : float, or (float, float)
        Probability that a cell of an active line (potentiated), of a silent one (depressed) and of a late one
        (depressed) switches; a pair tells positive output spikes from negative ones, which do the opposite.
        (p, 0) ignores negative spikes.
    set_share, reset_share : float
        Factor on the probability of a SET and of a RESET.

    Raises
    ------
    ParameterError
        If a probability lies outside 0..1, or a late chance has no window, or a window no chance.
    """
    tries = np.array([_pair(name, value) for name, value in (("active", active), ("silent", silent), ("late", late))])
    shares = np.array([_share("set_share", set_share), _share("reset_share", reset_share)])
    if bool(tries[LATE].any()) != (late_window > 0):
        raise ParameterError("stdp rule: late and late_window go together; set both above 0, or both to 0")
    chance = np.rint(tries[..., None] * shares * CERTAIN).astype(np.int64)
    return StdpRule(window=window, late_window=late_window, chance=chance).check()


def _pair(name: str, value: Chances) -> list[float]:
    return [_share(name, part) for part in (value if isinstance(value, tuple) else (value, value))]


def _share(name: str, value: float) -> float:
    # Written so that NaN is refused too.
    if not 0.0 <= value <= 1.0:
        raise ParameterError(f"stdp rule: {name} is {value:g}; it must lie in 0 .. 1")
    return value


def switch_draw(seed: int, sample: Any, tick: Any, line: Any, neuron: Any, number: Any) -> NDArray[np.uint64]:
    """The 32 bits drawn for one try of cell `number` of a synapse, elementwise.

    Cells are numbered excitatory side first; a try at a late input spike adds the number of cells of the synapse.
    """
    word = event_key(seed, sample, tick, line)
    with np.errstate(over="ignore"):
        for name in (neuron, number):
            word = mix64(word + (np.asarray(name, np.uint64) + np.uint64(1)) * np.uint64(GOLDEN))
    return word >> np.uint64(32)
