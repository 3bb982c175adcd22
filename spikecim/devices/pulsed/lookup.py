"""Pulsed cells by lookup: measured mean step and its spread by state and direction, read linearly between states.

The face is that of `law.PulseLaw`; n pulses are n single steps, since a table has no closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.devices.pulsed.spec import PulsedSpec
from spikecim.errors import ParameterError

FloatArray = NDArray[np.float64]
# A crossing ends this close to its goal, which steps that shrink never quite reach; below _STILL nothing moves.
_NEAR, _MOST_PULSES, _STILL = 0.99, 100_000, 1e-7
_AROUND = 0.2


@dataclass(frozen=True, kw_only=True)
class LookupLaw:
    """Steps of a cell at equally spaced states from 0 to 1; float64 arrays (n_states,), in shares of the window.

    Attributes
    ----------
    up, down : float64
        Mean signed step of x of one pulse; `down` is usually below 0.
    up_sd, down_sd : float64
        Its standard deviation from pulse to pulse.
    """

    up: FloatArray
    up_sd: FloatArray
    down: FloatArray
    down_sd: FloatArray

    @property
    def states(self) -> FloatArray:
        """States (n_states,) that the table lists."""
        return np.linspace(0.0, 1.0, len(self.up))

    @property
    def table(self) -> FloatArray:
        """Steps (2 directions, mean and standard deviation, n_states), as the compiled kernel takes them."""
        return np.array([[self.up, self.up_sd], [self.down, self.down_sd]])

    def step_up(self, x: ArrayLike) -> FloatArray:
        """How far one potentiating pulse moves x (...) on the mean, not clipped."""
        return np.interp(np.asarray(x, np.float64), self.states, self.up)

    def step_down(self, x: ArrayLike) -> FloatArray:
        """How far one depressing pulse moves x (...) down on the mean, not clipped."""
        return np.interp(np.asarray(x, np.float64), self.states, -self.down)

    def sd(self, x: ArrayLike, *, up: bool) -> FloatArray:
        """Standard deviation of one step from x (...)."""
        return np.interp(np.asarray(x, np.float64), self.states, self.up_sd if up else self.down_sd)

    def after(self, x: ArrayLike, n: ArrayLike) -> FloatArray:
        """Mean state after `n` (...) pulses from `x` (...), within [0, 1]: n > 0 potentiation, n < 0 depression."""
        n = np.asarray(n, np.int64)
        state = np.array(np.broadcast_to(np.asarray(x, np.float64), np.broadcast_shapes(np.shape(x), n.shape)))
        for pulse in range(int(np.abs(n).max(initial=0))):
            moved = np.where(n > 0, state + self.step_up(state), state - self.step_down(state))
            state = np.where(np.abs(n) > pulse, np.clip(moved, 0.0, 1.0), state)
        return state

    @property
    def symmetric_point(self) -> float:
        """State where a step up is as large as a step down, the middle one of several; NaN if there is none."""
        net = self.up + self.down
        # Between two entries both steps are lines, so their sum is one and its zero is exact.
        points = [float(self.states[k]) for k in np.flatnonzero(net == 0.0)]
        for k in np.flatnonzero(net[:-1] * net[1:] < 0.0):
            share = net[k] / (net[k] - net[k + 1])
            points.append(float(self.states[k] + share * (self.states[k + 1] - self.states[k])))
        return sorted(points)[len(points) // 2] if 0 < len(points) < len(net) else math.nan

    @property
    def pull(self) -> float:
        """Share of the distance to the symmetric point that one pulse up and one down take, around that point.

        Slopes are taken over a fifth of the window to both sides, or over all of it where there is no such point.
        """
        point = self.symmetric_point
        near = (0.0, 1.0) if math.isnan(point) else (max(point - _AROUND, 0.0), min(point + _AROUND, 1.0))
        width = near[1] - near[0]
        up, down = (float(np.diff(np.interp(near, self.states, steps))[0]) / width for steps in (self.up, self.down))
        return 1.0 - (1.0 + up) * (1.0 + down)

    @property
    def crossings(self) -> tuple[float, float]:
        """Pulses (up, down) that lead the mean state from one end of the window to 99 % of where it goes in the end."""
        return self._crossing(self.up), self._crossing(-self.down[::-1])

    def _crossing(self, steps: FloatArray) -> float:
        """Pulses from 0 to 99 % of the farthest state by `steps` (n_states,); inf if they do not reach the middle."""
        states, path = self.states, [0.0]
        while path[-1] < 1.0 and len(path) <= _MOST_PULSES:
            path.append(path[-1] + float(np.interp(path[-1], states, steps)))
            if path[-1] - path[-2] < _STILL:
                break
        goal = _NEAR * min(max(path), 1.0)
        after = int(np.argmax(np.array(path) >= goal))
        if goal < _NEAR * 0.5 or after == 0:
            return math.inf
        return after - 1 + (goal - path[after - 1]) / (path[after] - path[after - 1])


def lookup_law(spec: PulsedSpec) -> LookupLaw:
    """Return the law of a spec of kind ``table``.

    Raises
    ------
    ParameterError
        If the spec is a curve, or if its pulses lead nowhere.
    """
    table = spec.response
    if table is None:
        raise ParameterError(f"device {spec.name}: follows a curve and has no table of steps")
    up, up_sd, down, down_sd = (np.array(one.value) for one in (table.up, table.up_sd, table.down, table.down_sd))
    law = LookupLaw(up=up, up_sd=up_sd, down=down, down_sd=down_sd)
    for key, way, crossing in zip(("up", "down"), ("raise", "lower"), law.crossings, strict=True):
        if math.isinf(crossing):
            raise ParameterError(
                f"device {spec.name}: response.{key} does not {way} the mean state past the middle of"
                " the window; give signed steps as shares of it"
            )
    return law
