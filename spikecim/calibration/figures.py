"""One measured or published figure of a chip: its value, how sure it is, and its spread over chips if that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spikecim.errors import ParameterError, hint
from spikecim.study.metrics import check_metric
from spikecim.units import parse_quantity

_KEYS = ("value", "half_unit", "sd", "spread", "spread_half_unit", "spread_sd", "source")
_ALLOWED = f"allowed: {', '.join(_KEYS)}"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure, in the unit of its metric.

    Attributes
    ----------
    name : str
        A metric of `study.metrics`, or ``metric@margin``.
    value, sd : float
        Mean over the measured chips, and its standard error: a number rounded to a unit is off by unit / sqrt(12).
    half_unit : float
        Half a unit of the last printed digit; 0 if it was not rounded.
    spread, spread_sd : float or None
        Standard deviation over the measured chips, and the error of that number.
    source : str
    """

    name: str
    value: float
    sd: float
    half_unit: float
    spread: float | None
    spread_sd: float
    source: str

    def describe(self) -> dict[str, Any]:
        """As it is written in a file, for results."""
        told = {"value": self.value, "sd": self.sd, "half_unit": self.half_unit, "source": self.source}
        return told if self.spread is None else {**told, "spread": self.spread, "spread_sd": self.spread_sd}


def read_figure(name: str, raw: object, delta_s: int, n_chips: int, where: str) -> Figure:
    """Read one entry of ``[figures]``.

    Parameters
    ----------
    delta_s, n_chips : int
        Margin of the base chip; measured chips.
    where : str
        The file, for messages.

    Raises
    ------
    ParameterError
        Unknown figure (the nearest is named), no value, no uncertainty, a spread of one chip.
    """
    place = f"{where}: figures.{name}"
    check_metric(name, delta_s, f"{where}: [figures]")
    if not isinstance(raw, Mapping):
        raise ParameterError(f"{place}: expected {{ value = ..., half_unit = ... }}, got {raw!r}")
    for key in raw:
        if key not in _KEYS:
            raise ParameterError(f"{place}: unknown key {key!r}; {hint(key, _KEYS, _ALLOWED)}")
    if "value" not in raw:
        raise ParameterError(f"{place}: value is missing; say what was measured")
    value = _number(raw["value"], place, "value")
    if name.partition("@")[0] == "accuracy" and not 0.0 < value <= 1.0:
        raise ParameterError(f'{place}: an accuracy of {value:g} is none; write a share like 0.84, or "84 %"')
    sd, half = _error(raw, "", place)
    spread, spread_sd = None, 0.0
    if "spread" in raw:
        if n_chips < 2:
            raise ParameterError(f"{place}: a spread takes two measured chips or more; measured.chips is {n_chips}")
        spread = _number(raw["spread"], place, "spread")
        if spread <= 0:
            raise ParameterError(f"{place}: a spread of {spread:g} is none; leave it out if it is not known")
        spread_sd, _ = _error(raw, "spread_", place)
    source = raw.get("source", "")
    if not isinstance(source, str) or not source.strip():
        raise ParameterError(f"{place}: source is missing; say where the figure comes from")
    return Figure(
        name=name, value=value, sd=sd, half_unit=half, spread=spread, spread_sd=spread_sd, source=source.strip()
    )


def _error(raw: Mapping[str, Any], prefix: str, place: str) -> tuple[float, float]:
    """Standard error of a number, and half a printed unit (0 if an sd was given)."""
    half_key, sd_key = f"{prefix}half_unit", f"{prefix}sd"
    given = [key for key in (half_key, sd_key) if key in raw]
    if len(given) != 1:
        raise ParameterError(
            f"{place}: give either {half_key} (half a unit of the last printed digit) or {sd_key} (standard error)"
        )
    size = _number(raw[given[0]], place, given[0])
    if size < 0:
        raise ParameterError(f"{place}: {given[0]} is {size:g}; allowed 0 or more")
    return (size / 3.0**0.5, size) if given[0] == half_key else (size, 0.0)


def _number(raw: object, place: str, key: str) -> float:
    try:
        return parse_quantity(raw, "dimensionless")
    except ParameterError as error:
        raise ParameterError(f"{place}: {key}: {error}; a figure is a plain number in the unit of its metric") from None
