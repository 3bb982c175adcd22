"""What a file of devices/library states about a multi-level cell: every number with value, status and source.

State dependence is given by nodes: `states` from 0 (g_min) to 1 (g_max), read linearly between them.
"""

from __future__ import annotations

from typing import Annotated

from spikecim.devices.states import Fraction
from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section, Series, Switched

Siemens = Annotated[Parameter[float], Quantity("siemens", 0.0, 1.0)]
Volt = Annotated[Parameter[float], Quantity("volt", 1e-6, 20.0)]
Seconds = Annotated[Parameter[float], Quantity("second", 1e-9, 1e10)]
States = Annotated[Parameter[tuple[float, ...]], Series("dimensionless", 0.0, 1.0, rising=True, shortest=2)]
ByState = Annotated[Parameter[tuple[float, ...]], Series("dimensionless", 0.0, 10.0, shortest=2)]


# What each I-V law is given by.
_LAWS: dict[str, tuple[str, ...]] = {
    "linear": (),
    "sinh": ("v0",),
    "polynomial": ("a3",),
    "table": ("volts", "currents"),
}


class WindowSpec(Section):
    """The conductances a cell is programmed to and read at."""

    g_min: Siemens
    g_max: Siemens
    levels: Annotated[Parameter[int], Count(2, 4096)]
    read_voltage: Volt
    endurance: Annotated[Parameter[float], Quantity("dimensionless", 1.0, 1e18)]

    def check(self) -> None:
        if self.g_min.value >= self.g_max.value:
            raise ParameterError(f"g_min {self.g_min.text()} must be below g_max {self.g_max.text()}")


class _Nodes(Section):
    """Values at states of the window."""

    states: States

    def check(self) -> None:
        if self.states.value[0] != 0.0 or self.states.value[-1] != 1.0:
            raise ParameterError("states must go from 0 (g_min) to 1 (g_max)")
        for name in type(self).model_fields:
            table = getattr(self, name).value
            if name in self._by_state() and len(table) != len(self.states.value):
                raise ParameterError(f"{name} must list one value per state, {len(self.states.value)}")

    @classmethod
    def _by_state(cls) -> tuple[str, ...]:
        raise NotImplementedError


class LevelProgramming(_Nodes):
    """Standard deviation of programming, as a share of the window g_max - g_min, and how much of it is the cell's."""

    spread: ByState
    cell_share: Fraction

    @classmethod
    def _by_state(cls) -> tuple[str, ...]:
        return ("spread",)


class LevelRead(_Nodes):
    """Standard deviation of one read, as a share of the conductance."""

    noise_rel: ByState

    @classmethod
    def _by_state(cls) -> tuple[str, ...]:
        return ("noise_rel",)


class StuckSpec(Section):
    """Shares of cells stuck, and the conductance they are stuck at."""

    share_low: Fraction
    share_high: Fraction
    rail_low: Siemens
    rail_high: Siemens

    def check(self) -> None:
        if self.share_low.value + self.share_high.value > 1.0 + 1e-12:
            raise ParameterError("share_low + share_high: no more than all cells can be stuck, at most 1")
        if self.rail_low.value >= self.rail_high.value:
            raise ParameterError(f"rail_low {self.rail_low.text()} must be below rail_high {self.rail_high.text()}")


class LevelRelaxation(_Nodes, Switched):
    """Random walk in log time, in shares of the window.

    Mean `shift` and standard deviation `spread` at `times`, times `profile` of the programmed state; linear in log t
    (the variance is) between the times and on beyond the last, up to `horizon`.
    """

    times: Annotated[Parameter[tuple[float, ...]], Series("second", 1e-9, 1e10, rising=True)]
    shift: Annotated[Parameter[tuple[float, ...]], Series("dimensionless", -1.0, 1.0)]
    spread: Annotated[Parameter[tuple[float, ...]], Series("dimensionless", 0.0, 1.0)]
    profile: ByState
    horizon: Seconds

    @classmethod
    def _by_state(cls) -> tuple[str, ...]:
        return ("profile",)

    def check(self) -> None:
        super().check()
        if len({len(self.times.value), len(self.shift.value), len(self.spread.value)}) != 1:
            raise ParameterError("times, shift and spread must list as many values each")
        if list(self.spread.value) != sorted(self.spread.value):
            raise ParameterError("spread must not fall from time to time: the walk never gathers again")
        if self.horizon.value < self.times.value[-1]:
            raise ParameterError("horizon lies before the last of times")


class PowerDrift(_Nodes, Switched):
    """Structural relaxation of phase-change cells: G(t) = G (1 + t / t0)^-nu, nu normal over cells, not below 0."""

    exponent: ByState
    exponent_spread: ByState
    reference_time: Seconds
    horizon: Seconds

    @classmethod
    def _by_state(cls) -> tuple[str, ...]:
        return ("exponent", "exponent_spread")


class LevelIv(Section):
    """Current-voltage law: ``linear``, ``sinh`` (v0), ``polynomial`` (a3 per volt) or ``table``.

    A table lists `currents` in any unit at rising `volts`, the positive branch only; see arrays/crossbar/cell_law.
    """

    law: Annotated[Parameter[str], Choice(tuple(_LAWS))]
    v0: Volt | None = None
    a3: Annotated[Parameter[float], Quantity("dimensionless", -100.0, 100.0)] | None = None
    volts: Annotated[Parameter[tuple[float, ...]], Series("volt", 1e-6, 20.0, rising=True, shortest=2)] | None = None
    currents: Annotated[Parameter[tuple[float, ...]], Series("dimensionless", 0.0, rising=True, shortest=2)] | None = (
        None
    )

    def check(self) -> None:
        needs = _LAWS[self.law.value]
        for name in ("v0", "a3", "volts", "currents"):
            given = getattr(self, name) is not None
            if given != (name in needs):
                raise ParameterError(f"law {self.law.value}: {name} {'has no effect' if given else 'is missing'}")
        if self.volts is not None and self.currents is not None and len(self.volts.value) != len(self.currents.value):
            raise ParameterError("volts and currents must list as many values each")


class MultiLevelSpec(Section):
    """A device file of devices/library."""

    name: str
    title: str
    sources: dict[str, str]
    window: WindowSpec
    programming: LevelProgramming
    read: LevelRead
    stuck: StuckSpec
    relaxation: LevelRelaxation | None = None
    drift: PowerDrift | None = None
    iv: LevelIv
