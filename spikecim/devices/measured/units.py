"""Units that a measured file may state, in its headers, beside its values or on the command line; capitals count."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from spikecim.errors import ParameterError, hint
from spikecim.units import DAY, HOUR, MINUTE

_OHM = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_SIEMENS = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "n": 1e-9, "p": 1e-12}
RESISTANCE = {f"{prefix}{name}": factor for name in ("ohm", "Ω") for prefix, factor in _OHM.items()}
CONDUCTANCE = {f"{prefix}S": factor for prefix, factor in _SIEMENS.items()}
VOLTAGE = {"V": 1.0, "mV": 1e-3, "uV": 1e-6}
CURRENT = {f"{prefix}A": factor for prefix, factor in _SIEMENS.items()}
TIME = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": MINUTE, "h": HOUR, "d": DAY}
# What a device file accepts as a resistance.
LOWEST_OHM, HIGHEST_OHM = 1.0, 1e12
_HEADER = re.compile(r"([A-Za-z]+)(?:\s*[\[(]\s*([^\])]*?)\s*[\])]|[_ ]+(\S+))?")
# ``target_conductance_uS`` is the column target.
_LONG_NAME = re.compile(r"(target)[_ ]conductance", re.IGNORECASE)
_VALUE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\W\d_]\S*)?")


def split_header(text: str) -> tuple[str, str]:
    """Name in small letters, and unit or "": ``LRS_kohm``, ``lrs (kohm)`` and ``lrs [kohm]`` alike."""
    match = _HEADER.fullmatch(_LONG_NAME.sub(r"\1", text.strip()))
    if match is None:
        return text.strip().lower(), ""
    name, bracketed, joined = match.groups()
    return name.lower(), (bracketed or joined or "").strip()


def check_unit(unit: str, allowed: Mapping[str, float]) -> None:
    """Raise ParameterError if `unit` is not one of `allowed`."""
    if unit not in allowed:
        help_ = hint(unit, allowed, f"allowed: {', '.join(allowed)}", cutoff=0.6)
        raise ParameterError(f"unit {unit!r} is unknown; {help_}")


def split_value(text: str) -> tuple[float, str]:
    """Finite number, and the unit written behind it or "".

    Raises
    ------
    ParameterError
        If it is no number, not finite, or out of what a float holds.
    """
    match = _VALUE.fullmatch(text)
    if match is not None and math.isfinite(float(match[1])):
        return float(match[1]), match[2] or ""
    try:
        number = float(text)
    except ValueError:
        comma = "; write the decimal point as a point" if re.fullmatch(r"[+-]?\d+,\d+", text) else ""
        raise ParameterError(f"{text!r} is not a number{comma}") from None
    if math.isfinite(number):
        raise ParameterError(f"{text!r} is not a plain number; write it with digits, a point and e for powers of ten")
    kind = "not a number" if math.isnan(number) else "infinite"
    raise ParameterError(f"{text!r} is {kind}; leave out what was not measured")
