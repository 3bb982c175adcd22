"""Quantities as text with a dimension: ``"200 fF"`` to 2e-13 and back (pint does the dimensions)."""

from __future__ import annotations

import functools
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spikecim.errors import ParameterError

if TYPE_CHECKING:
    import pint

# SI units a spikecim description may use, with the symbol printed after an engineering prefix.
SYMBOLS = {
    "farad": "F",
    "volt": "V",
    "ampere": "A",
    "ohm": "ohm",
    "siemens": "S",
    "second": "s",
    "joule": "J",
    "watt": "W",
    "kelvin": "K",
    "electron_volt": "eV",
    "dimensionless": "",
}
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
# Seconds; a year is a Julian one.
MINUTE, HOUR, DAY, YEAR = 60.0, 3600.0, 86_400.0, 31_557_600.0
# Kelvin at 0 degrees Celsius.
ZERO_C = 273.15
# One number in Python's notation, then a unit: pint alone would read "1,5 pF" as 15 pF and "fF" as 1 fF.
_TEXT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf))\s*((?:[^\W\d]|%)[\w%*/^ ]*)?")


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    # Decimal prefixes keep "200 fF" and "1.4 %" at the nearest double to the text.
    return pint.UnitRegistry(non_int_type=Decimal)


def parse_quantity(value: object, unit: str) -> float:
    """Return `value` in the SI unit `unit`.

    Parameters
    ----------
    value : str, int or float
        Text such as ``"200 fF"`` or ``"5 %"``; a bare number only when `unit` is ``"dimensionless"``.
    unit : str
        One of `SYMBOLS`.

    Raises
    ------
    ParameterError
        If the text has no number, an unknown unit, another dimension, or is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ParameterError(f"expected a quantity in {unit}, got {value!r}")
    number = _parse_text(value, unit) if isinstance(value, str) else _bare(value, unit)
    if not math.isfinite(number):
        raise ParameterError(f"expected a finite quantity in {unit}, got {value!r}")
    return number


def _bare(value: float, unit: str) -> float:
    if unit != "dimensionless":
        raise ParameterError(f"{value!r} has no unit; write it as text, for example {_example(unit)!r}")
    return float(value)


@functools.lru_cache(maxsize=4096)  # a chip file says the same few hundred quantities again and again
def _parse_text(text: str, unit: str) -> float:
    import pint

    registry = _registry()
    match = _TEXT.fullmatch(text)
    try:
        number, symbol = match.groups() if match else ("", "")
        quantity = registry.Quantity(Decimal(number), registry.parse_units(symbol or ""))
    except (pint.errors.PintError, ArithmeticError, AssertionError, ValueError, TypeError, SyntaxError) as error:
        raise ParameterError(f"{text!r} is not a number with a known unit (expected {unit})") from error
    if not quantity.is_compatible_with(unit):
        raise ParameterError(f"{text!r} is not in {unit}: write it for example as {_example(unit)!r}")
    return float(quantity.to(unit).magnitude)


def _example(unit: str) -> str:
    examples = {
        "farad": "200 fF",
        "volt": "0.1 V",
        "ohm": "5 kohm",
        "second": "1 us",
        "joule": "3.6 pJ",
        "kelvin": "300 K",
    }
    return examples.get(unit, f"1 {SYMBOLS.get(unit, unit)}".strip())


def format_quantity(value: float, unit: str, digits: int = 4) -> str:
    """Return `value` (SI) as engineering text: 2e-13, "farad" gives ``"200 fF"``."""
    symbol = SYMBOLS[unit]
    if not symbol:
        return f"{value:.{digits}g}"
    if value == 0:
        return f"0 {symbol}"
    if unit == "second" and value >= HOUR and value % HOUR == 0:
        return f"{value / HOUR:g} h" if value < YEAR else f"{value / YEAR:.{digits}g} years"
    exponent = min(max(3 * math.floor(math.log10(abs(value)) / 3 + 1e-12), -15), 9)
    return f"{value / 10.0**exponent:.{digits}g} {_PREFIXES[exponent]}{symbol}"
