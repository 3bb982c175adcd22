"""Factors of a study: what varies, within which range, and how a value of it reaches chip, network or age.

A factor is named by its path in the chip file (``cell.hrs.sigma_ln``), or it is one of `SPECIAL`: things that move
several values of the chip file together, or that no chip file holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spikecim.chips.spec import ChipSpec
from spikecim.conversion.perceptron import METHODS
from spikecim.errors import ParameterError, hint
from spikecim.parameters import Parameter, check_value
from spikecim.units import format_quantity, parse_quantity

Value = float | int | str

LEVELS, REDUNDANCY, QUANTISATION, AGE = "weights.levels", "weights.redundancy", "network.quantisation", "chip.age"
# Path, unit ("count" and "choice" as in a chip file) and what it does.
SPECIAL: dict[str, tuple[str, str]] = {
    LEVELS: ("count", "levels of a weight per polarity; the network is quantised anew for each"),
    REDUNDANCY: ("count", "cells for one level (N2D2's SynapticRedundancy); weights and threshold grow with it"),
    QUANTISATION: ("choice", "how the network was quantised"),
    AGE: ("second", "time between programming and use"),
}
# What `weights.levels` and `weights.redundancy` set; a study may not move both.
BOUND = ("synapse.levels", "injectors.full_weight")
SCALES = ("linear", "log")
_KEYS = ("low", "high", "scale", "step", "values")


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One thing that varies: a range, or a list of values.

    Attributes
    ----------
    path : str
    unit : str
        SI unit of a quantity, ``"dimensionless"``, ``"count"`` or ``"choice"``.
    low, high : float
        Ends of the range, both reached; 0 for a list (NaN would make copies of a study differ).
    scale : str
        ``"linear"`` or ``"log"``.
    step : float
        Grid of the range, counted from `low`; 0 means every value. A count has step 1 at least.
    values : tuple
        The list, in the study's order; empty for a range.
    """

    path: str
    unit: str
    low: float = 0.0
    high: float = 0.0
    scale: str = "linear"
    step: float = 0.0
    values: tuple[Value, ...] = ()

    @property
    def listed(self) -> bool:
        """Whether it is a list of values."""
        return bool(self.values)

    @property
    def n_values(self) -> int | None:
        """How many values it can take; None for a continuum."""
        if self.listed:
            return len(self.values)
        return round((self.high - self.low) / self.step) + 1 if self.step else None

    def at(self, share: float) -> Value:
        """The value at `share` in [0, 1] of the way from first to last; each of n values has 1/n of the way."""
        n = self.n_values
        if n is not None:
            index = min(int(share * n), n - 1)
            return self.values[index] if self.listed else self._whole(self.low + index * self.step)
        if self.scale == "log":
            return float(min(max(self.low * (self.high / self.low) ** share, self.low), self.high))
        return float(min(max(self.low + share * (self.high - self.low), self.low), self.high))

    def levels(self, n: int) -> tuple[Value, ...]:
        """All values of a list or a stepped range; `n` evenly spread ones of a continuum, both ends among them."""
        if self.n_values is not None:
            return tuple(self.at((index + 0.5) / self.n_values) for index in range(self.n_values))
        return tuple(self.at(index / (n - 1) if n > 1 else 0.5) for index in range(n))

    def text(self, value: Value) -> str | float | int:
        """`value` as a chip file writes it, exactly."""
        if isinstance(value, str) or self.unit in ("count", "choice", "dimensionless"):
            return value
        return f"{value!r} {self.unit}"

    def show(self, value: Value) -> str:
        """`value` for people."""
        if isinstance(value, float) and self.unit not in ("count", "choice"):
            return format_quantity(value, self.unit)
        return str(value)

    def _whole(self, value: float) -> Value:
        return round(value) if self.unit == "count" else float(value)

    def describe(self) -> dict[str, Any]:
        """Plain data that names every choice made for the factor."""
        if self.listed:
            return {"values": [self.text(value) for value in self.values]}
        ends = {"low": self.text(self._whole(self.low)), "high": self.text(self._whole(self.high)), "scale": self.scale}
        return {**ends, "step": self.text(self._whole(self.step))} if self.step else ends


def read_factor(path: str, raw: object, known: Mapping[str, Parameter[Any]], where: str) -> Factor:
    """Read one entry of ``[factors]``: a list of values, or a table with low and high.

    Parameters
    ----------
    known : mapping of str to Parameter
        The base chip's parameters by path.
    where : str
        The study file, for messages.

    Raises
    ------
    ParameterError
        Unknown path (the nearest is named), wrong unit, an empty or contradictory range.
    """
    unit = _unit(path, known, where)
    place = f"{where}: factor {path!r}"
    table = {"values": raw} if isinstance(raw, list) else raw
    if not isinstance(table, Mapping):
        raise ParameterError(f"{place}: expected a list of values or {{ low = ..., high = ... }}, got {raw!r}")
    for key in table:
        if key not in _KEYS:
            raise ParameterError(f"{place}: unknown key {key!r}; {_near(key, _KEYS)}")
    if "values" in table:
        return _list(path, unit, table, place)
    return _range(path, unit, table, place)


def _unit(path: str, known: Mapping[str, Parameter[Any]], where: str) -> str:
    if path in SPECIAL:
        return SPECIAL[path][0]
    if path not in known:
        near = hint(path, [*known, *SPECIAL], "`spikecim chips show` lists all paths", cutoff=0.4)
        raise ParameterError(f"{where}: factor {path!r} is no parameter of the base chip; {near}")
    if isinstance(known[path].value, tuple):
        raise ParameterError(f"{where}: factor {path!r} is a list of quantities; only single values can vary")
    return known[path].unit


def _list(path: str, unit: str, table: Mapping[str, Any], place: str) -> Factor:
    if len(table) > 1:
        other = next(key for key in table if key != "values")
        raise ParameterError(f"{place}: values and {other} contradict each other; give a list or a range")
    raw = table["values"]
    if not isinstance(raw, list) or not raw:
        raise ParameterError(f"{place}: the list of values is empty; give one value or more")
    values = tuple(_value(entry, unit, path, place) for entry in raw)
    if len(set(values)) < len(values):
        raise ParameterError(f"{place}: the list holds a value twice: {raw!r}")
    return Factor(path=path, unit=unit, values=values)


def _range(path: str, unit: str, table: Mapping[str, Any], place: str) -> Factor:
    if unit == "choice":
        raise ParameterError(f"{place}: is a choice between names; give a list of them")
    for key in ("low", "high"):
        if key not in table:
            raise ParameterError(f"{place}: {key} is missing; a range has low and high, a list has values")
    low, high = (float(_value(table[key], unit, path, place)) for key in ("low", "high"))
    scale, step = table.get("scale", "linear"), table.get("step", 1 if unit == "count" else 0.0)
    if scale not in SCALES:
        raise ParameterError(f"{place}: scale {scale!r} is not one of {', '.join(SCALES)}")
    if not low < high:
        raise ParameterError(
            f"{place}: the range from {table['low']} to {table['high']} is empty; low must be below high"
        )
    if scale == "log" and (low <= 0 or unit == "count" or "step" in table):
        raise ParameterError(f"{place}: scale log needs a quantity with low above 0 and no step")
    width = float(_value(step, unit, path, place)) if "step" in table else float(step)
    if "step" in table and width <= 0:
        raise ParameterError(f"{place}: step {step} must be above 0; leave it out for a continuous range")
    if width and abs((high - low) / width - round((high - low) / width)) > 1e-9:
        raise ParameterError(f"{place}: high must lie a whole number of steps of {step} above low")
    return Factor(path=path, unit=unit, low=low, high=high, scale=scale, step=width)


def _value(raw: object, unit: str, path: str, place: str) -> Value:
    """One value in SI, checked against its unit; the chip checks its limits."""
    if unit == "choice":
        if not isinstance(raw, str):
            raise ParameterError(f"{place}: expected a name, got {raw!r}")
        if path == QUANTISATION and raw not in METHODS:
            raise ParameterError(f"{place}: {raw!r} is unknown; {_near(raw, METHODS)}")
        return raw
    if unit == "count":
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise ParameterError(f"{place}: expected a whole number, got {raw!r}")
        if path in SPECIAL and not 1 <= raw <= 64:
            raise ParameterError(f"{place}: {raw} is out of range; allowed 1 .. 64")
        return raw
    try:
        number = parse_quantity(raw, unit)
    except ParameterError as error:
        raise ParameterError(f"{place}: {error}") from None
    if path == AGE and number < 0:
        raise ParameterError(f"{place}: {raw!r} is before programming; give 0 s or more")
    return number


def _near(name: str, known: Iterable[str]) -> str:
    return hint(name, known, f"allowed: {', '.join(known)}")


def check_values(factors: Iterable[Factor], chip: ChipSpec, where: str) -> None:
    """Raise ParameterError if an end of a range, or a value of a list, is none the base chip could take.

    What values contradict together is known only when a design is built.
    """
    for factor in factors:
        for value in (factor.values or (factor.at(0.0), factor.at(1.0))) if factor.path not in SPECIAL else ():
            try:
                check_value(chip, factor.path, factor.text(value))
            except ParameterError as error:
                raise ParameterError(f"{where}: factor {factor.path!r}: {error}") from None


def base_values(chip: ChipSpec) -> dict[str, Parameter[Any]]:
    """The chip's parameters by path."""
    return dict(chip.parameters())
