"""What a teacher does to the neurons in each presentation: drives, mutes and rewards them (docs/stdp.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.errors import EngineError, ParameterError


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """Teaching signals, all constant within a sample.

    Attributes
    ----------
    drive : int32 (n_samples, n_out)
        Electrons that each pulse of the teacher adds to a neuron (negative: takes away).
    start, period : int
        The teacher pulses in ticks start, start + period, ...; a pulse is no input word, so an `on_event` comparator
        is not tested by it.
    muted : bool (n_samples, n_out)
        Neurons whose comparators are held off: they integrate, but do not fire.
    reward : int8 (n_samples, n_out)
        Third factor: -1 turns the rule round (what was potentiated is depressed, with the same chances), 0 writes no
        cell of that neuron.
    """

    drive: NDArray[np.int32]
    start: int
    period: int
    muted: NDArray[np.bool_]
    reward: NDArray[np.int8]

    def check(self, n_samples: int, n_out: int) -> Teacher:
        """Return self, or raise EngineError naming the first field that does not fit."""
        for name in ("drive", "muted", "reward"):
            shape = getattr(self, name).shape
            if shape != (n_samples, n_out):
                raise EngineError(f"teacher: {name} must have shape ({n_samples}, {n_out}), got {shape}")
        if self.start < 0 or self.period < 1:
            raise EngineError("teacher: start must be at least 0 and period at least 1 tick")
        if not np.isin(self.reward, (-1, 0, 1)).all():
            raise EngineError("teacher: reward must be -1, 0 or +1")
        return self

    def window(self, start: int, stop: int) -> Teacher:
        """The teacher of samples start..stop-1."""
        return Teacher(
            drive=self.drive[start:stop],
            start=self.start,
            period=self.period,
            muted=self.muted[start:stop],
            reward=self.reward[start:stop],
        )


def no_teacher(n_samples: int, n_out: int, *, learns: bool = True) -> Teacher:
    """Neurons left to themselves; with `learns` False no cell is written."""
    shape = (n_samples, n_out)
    return Teacher(
        drive=np.zeros(shape, np.int32),
        start=0,
        period=1,
        muted=np.zeros(shape, bool),
        reward=np.full(shape, int(learns), np.int8),
    )


def supervised(
    labels: ArrayLike,
    n_out: int,
    *,
    force: ArrayLike,
    inhibit: ArrayLike = 0,
    period: int,
    start: int = 0,
    mute_others: bool = False,
    others_reward: int = 1,
) -> Teacher:
    """Drive the neuron of each sample's label up, and the others down.

    Parameters
    ----------
    labels : int (n_samples,)
    n_out : int
    force, inhibit : int, or int (n_out,)
        Electrons a pulse adds to the labelled neuron, and takes from the others.
    period, start : int
        See `Teacher`.
    mute_others : bool
        Hold the comparators of the other neurons off.
    others_reward : int
        Reward of the other neurons: 1 (a neuron driven below its threshold learns by its negative spikes), 0 (nothing
        is written there) or -1 (a neuron that fires for a class that is not its own unlearns it).

    Raises
    ------
    ParameterError
        If a label names no neuron.
    """
    labels = np.asarray(labels, np.int64)
    if len(labels) and not 0 <= labels.min() <= labels.max() < n_out:
        raise ParameterError(f"teacher: labels must lie in 0..{n_out - 1}")
    own = labels[:, None] == np.arange(n_out)
    return Teacher(
        drive=np.where(own, np.asarray(force, np.int64), -np.asarray(inhibit, np.int64)).astype(np.int32),
        start=start,
        period=period,
        muted=~own & mute_others,
        reward=np.where(own, 1, others_reward).astype(np.int8),
    ).check(len(labels), n_out)
