"""What a file of devices/pulsed/presets states about a pulsed cell: every number with value, status and source.

A cell follows a closed curve (`nonlinearity` and `pulses` of both directions) or a measured table of steps
(`response`); never both.
"""

from __future__ import annotations

from typing import Annotated

from spikecim.devices.pulsed.nonlinearity import check_label
from spikecim.devices.states import Fraction
from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section, Series, Switched

Siemens = Annotated[Parameter[float], Quantity("siemens", 0.0, 1.0)]
Label = Annotated[Parameter[float], Quantity("dimensionless")]
Steps = Annotated[Parameter[tuple[float, ...]], Series("dimensionless", -1.0, 1.0, shortest=2, longest=257)]


class DirectionSpec(Section):
    """Pulses of one polarity: the curve they follow in their own window, and what one pulse is."""

    g_min: Siemens
    g_max: Siemens
    nonlinearity: Label | None = None
    pulses: Annotated[Parameter[int], Count(1, 32767)] | None = None
    voltage: Annotated[Parameter[float], Quantity("volt", 1e-3, 50.0)]
    width: Annotated[Parameter[float], Quantity("second", 1e-12, 10.0)]

    def check(self) -> None:
        if self.g_min.value >= self.g_max.value:
            raise ParameterError(f"g_min {self.g_min.text()} must be below g_max {self.g_max.text()}")
        if self.nonlinearity is not None:
            check_label(self.nonlinearity.value)


class PulseNoise(Section):
    """Cycle-to-cycle: standard deviation of one pulse as a share of the working window; n pulses have sqrt(n) of it."""

    cycle_to_cycle: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]


class PulseSpread(Section):
    """Device-to-device: standard deviation of the labels, drawn per cell and direction.

    `correlation` is that of the two signed draws: 1 adds one draw to both labels (one side better, the other worse,
    if the labels have opposite signs), 0 draws them apart, -1 makes both sides worse or better together. In a table of
    steps the draw is a relative one of the step size.
    """

    device_to_device: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 5.0)]
    correlation: Annotated[Parameter[float], Quantity("dimensionless", -1.0, 1.0)]


class PulseStuck(Section):
    """Shares of cells stuck at the ends of the working window from the start."""

    share_low: Fraction
    share_high: Fraction

    def check(self) -> None:
        if self.share_low.value + self.share_high.value > 1.0 + 1e-12:
            raise ParameterError("share_low + share_high: no more than all cells can be stuck, at most 1")


class PulseEndurance(Switched):
    """Life of a cell in pulses of either direction: Weibull, 63 % are dead at `cycles`; dead cells stay at `fails`."""

    cycles: Annotated[Parameter[float], Quantity("dimensionless", 1.0, 1e18)]
    shape: Annotated[Parameter[float], Quantity("dimensionless", 0.05, 20.0)]
    fails: Annotated[Parameter[str], Choice(("low", "high", "where it is"))]


class PulseRead(Section):
    """Voltage of a read, and its noise as a standard deviation in shares of the working window."""

    voltage: Annotated[Parameter[float], Quantity("volt", 1e-6, 20.0)]
    noise: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]


class PulseResponse(Section):
    """Measured steps in shares of the working window, at equally spaced states from 0 to 1; read linearly between.

    `up` and `down` are mean signed steps of x (down is usually below 0), `up_sd` and `down_sd` their spread from pulse
    to pulse, which takes the place of [noise].
    """

    up: Steps
    up_sd: Steps
    down: Steps
    down_sd: Steps

    def check(self) -> None:
        if len({len(getattr(self, name).value) for name in type(self).model_fields}) != 1:
            raise ParameterError("up, up_sd, down and down_sd must list as many values each")
        for name in ("up_sd", "down_sd"):
            if min(getattr(self, name).value) < 0.0:
                raise ParameterError(f"{name} is a standard deviation: every value must be 0 or above")


class PulsedSpec(Section):
    """A device file of devices/pulsed/presets."""

    name: str
    title: str
    sources: dict[str, str]
    potentiation: DirectionSpec
    depression: DirectionSpec
    noise: PulseNoise
    spread: PulseSpread
    stuck: PulseStuck
    read: PulseRead
    endurance: PulseEndurance | None = None
    response: PulseResponse | None = None

    @property
    def kind(self) -> str:
        """``"curve"`` or ``"table"``."""
        return "curve" if self.response is None else "table"

    @property
    def window(self) -> tuple[float, float]:
        """Working window (g_min, g_max) in S: what both directions reach."""
        low = max(self.potentiation.g_min.value, self.depression.g_min.value)
        return low, min(self.potentiation.g_max.value, self.depression.g_max.value)

    def check(self) -> None:
        self._check_kind()
        low, high = self.window
        if low >= high:
            up, down = self.potentiation, self.depression
            raise ParameterError(
                f"windows do not meet: potentiation {up.g_min.text()} .. {up.g_max.text()}, depression"
                f" {down.g_min.text()} .. {down.g_max.text()}; give windows that overlap"
            )

    def _check_kind(self) -> None:
        for side in ("potentiation", "depression"):
            for key in ("nonlinearity", "pulses"):
                given = getattr(getattr(self, side), key) is not None
                if given != (self.response is None):
                    fault = "is missing; a curve needs it" if not given else "has no effect beside a [response] table"
                    raise ParameterError(f"{side}.{key} {fault}")
        if self.response is not None and self.noise.cycle_to_cycle.value != 0.0:
            raise ParameterError("noise.cycle_to_cycle has no effect beside a [response] table; set it to 0")
