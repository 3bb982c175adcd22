"""A chip after its learning, whatever the rule: what it does now, and every write that made it so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.actions import Actions
from spikecim.insitu.spirit.living_chip import LivingChip
from spikecim.program import Program


@dataclass(frozen=True, kw_only=True)
class Taught:
    """A chip after its learning, whatever the rule.

    Attributes
    ----------
    program : Program
        For inference.
    weights : int64 (n_in, n_out)
    set_pulses, reset_pulses, set_writes, reset_writes : int64 (n_in, n_out, n_cells)
    verify_reads, given_up, presented : int
    actions : Actions or None
        Of the presentations, each int64 (n,); None without any.
    """

    program: Program
    weights: NDArray[np.int64]
    set_pulses: NDArray[np.int64]
    reset_pulses: NDArray[np.int64]
    set_writes: NDArray[np.int64]
    reset_writes: NDArray[np.int64]
    verify_reads: int
    given_up: int
    presented: int
    actions: Actions | None


def taught_cells(living: LivingChip, presented: int, actions: Actions | None) -> Taught:
    """What `living` has become after `presented` images."""
    return Taught(
        program=living.program,
        weights=living.weights(),
        set_pulses=living.set_pulses,
        reset_pulses=living.reset_pulses,
        set_writes=living.set_writes,
        reset_writes=living.reset_writes,
        verify_reads=int(living.counts().verify_reads),
        given_up=int(living.given_up.sum()),
        presented=presented,
        actions=actions,
    )
