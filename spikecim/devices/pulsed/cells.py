"""Cells of one array: states, what makes each of them different, and the pulses each has had."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.pulsed.endurance import FREE, STUCK_HIGH, STUCK_LOW, dead_code, draw_lives
from spikecim.devices.pulsed.law import Law
from spikecim.devices.pulsed.spec import PulsedSpec
from spikecim.devices.pulsed.spread import draw_classes
from spikecim.errors import ResultFileError, ShapeError
from spikecim.streams import name_key, stream

State = dict[str, NDArray[Any]]
MOST_PULSES = 32767
NOTHING_CARRIED = np.zeros(1, np.float32)


class PulsedCells:
    """Cells of any shape, changed in place by `pulse`; drawn by `PulsedDevice.build`.

    States are kept in 32 bits: steps below 6e-8 of the window are lost, which only retracing devices beyond label 7
    have (their first steps away from the end).

    Attributes
    ----------
    x : float32 (shape)
        States in the working window, 0 .. 1.
    stuck : int8 (shape)
        0 free; 1 stuck high, -1 stuck low; 2, -2 and 3 died high, low or where they were.
    writes : uint32 (shape)
        Pulses that each cell has had.
    """

    def __init__(self, spec: PulsedSpec, law: Law, shape: tuple[int, ...], seed: int, *path: str | int) -> None:
        self.spec, self.law, self.shape = spec, law, shape
        fate = stream(seed, *path, "stuck").random(shape, np.float32)
        high, low = np.float32(spec.stuck.share_high.value), np.float32(1.0 - spec.stuck.share_low.value)
        self.stuck = np.where(fate < high, STUCK_HIGH, np.where(fate >= low, STUCK_LOW, FREE)).astype(np.int8)
        self.writes = np.zeros(shape, np.uint32)
        self.x = np.full(shape, 0.5, np.float32)
        self._life = draw_lives(spec.endurance, shape, seed, *path)
        self._classes, self._kinds = draw_classes(spec, shape, seed, *path)
        self.key = np.uint64(name_key(seed, *path, "pulse noise"))
        self.dead_code = dead_code(spec.endurance)
        self.program(self.x)

    def program(self, x: NDArray[np.float32]) -> None:
        """Set all free cells to `x` (shape), as a write-verify before training does; it counts no pulses."""
        if x.shape != self.shape:
            raise ShapeError(f"states have shape {x.shape}; the cells have {self.shape}")
        free = self.stuck == FREE
        np.copyto(self.x, np.clip(x, 0.0, 1.0), where=free)
        self.x[(self.stuck == STUCK_HIGH) | (self.stuck == 2)] = 1.0
        self.x[(self.stuck == STUCK_LOW) | (self.stuck == -2)] = 0.0

    def pulse(self, n: NDArray[np.int16], step: int) -> None:
        """Give each cell `n` (shape) pulses, up or down by sign; `step` numbers the write and names its noise."""
        from spikecim.devices.pulsed.pulse_kernel import TOWARD_ZERO, write_rows

        if n.shape != self.shape:
            raise ShapeError(f"pulses have shape {n.shape}; the cells have {self.shape}")
        columns = n.shape[-1] if n.ndim else 1
        law = (*self.kernel_law(), 0.0)
        write_rows(
            np.ascontiguousarray(n, np.float32).reshape(-1),
            NOTHING_CARRIED,
            (0, columns),
            (self.arrays(), self.arrays()),
            np.empty(0, np.float32),
            (law, law),
            (1.0, 1.0, 1.0, 0.0, float(MOST_PULSES), TOWARD_ZERO, 0, 0),
            (self.key, self.key, self.key, np.int64(step), self.dead_code),
        )

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """(x, writes, stuck, life, kinds) flat, as the kernels take them; changes show here."""
        return self.x.reshape(-1), self.writes.reshape(-1), self.stuck.reshape(-1), self._life, self._kinds

    def kernel_law(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """(classes, table, standard deviation of one pulse), as the kernels take them."""
        table = getattr(self.law, "table", None)
        plain = np.zeros((2, 2, 1)) if table is None else np.ascontiguousarray(table, np.float64)
        return self._classes, plain, self.spec.noise.cycle_to_cycle.value

    @property
    def n_stuck(self) -> int:
        """Cells stuck from the start."""
        return int((np.abs(self.stuck) == STUCK_HIGH).sum())

    @property
    def n_dead(self) -> int:
        """Cells that have died since."""
        return int((np.abs(self.stuck) > STUCK_HIGH).sum())

    def state(self) -> State:
        """Everything that pulses change, for an exact resume."""
        return {"x": self.x.copy(), "writes": self.writes.copy(), "stuck": self.stuck.copy()}

    def restore(self, state: State) -> None:
        """Take up a `state` of cells drawn alike.

        Raises
        ------
        ResultFileError
            If an array is missing or of another shape.
        """
        for key, mine in (("x", self.x), ("writes", self.writes), ("stuck", self.stuck)):
            mine[...] = stored(state, key, mine)


def stored(state: State, key: str, like: NDArray[Any]) -> NDArray[Any]:
    """The array `key` of a `state`, if it fits; else ResultFileError."""
    if key not in state:
        raise ResultFileError(f"the stored state lacks {key!r}; it is of another layer or version")
    if state[key].shape != like.shape:
        raise ResultFileError(f"the stored {key!r} has shape {state[key].shape}; the layer has {like.shape}")
    return state[key].astype(like.dtype, casting="same_kind")
