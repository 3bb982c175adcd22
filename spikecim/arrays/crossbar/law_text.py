"""I-V laws as words: ``sinh: 0.25 V``, ``polynomial: 1, -0.1``, ``measured: curve.csv``, and how they are read."""

from __future__ import annotations

from pathlib import Path

from spikecim.arrays.crossbar.cell_law import CellLaw, MeasuredLaw, PolynomialLaw, SinhLaw
from spikecim.errors import DataError, ParameterError
from spikecim.units import parse_quantity

FORMS = "'sinh: 0.25 V', 'polynomial: 1, -0.1' (a2, a3 per volt) or 'measured: curve.csv' (volts, current)"


def parse_law(text: str, read_voltage: float = 0.0) -> CellLaw | None:
    """Return the law that `text` names; ``ohm`` is None.

    Parameters
    ----------
    text : str
        Kind, colon, parameters: see `FORMS`.
    read_voltage : float
        Voltage (V) at which the conductances of the cells were measured; 0: small-signal.

    Raises
    ------
    ParameterError
        If it names no law, or one that does not rise.
    DataError
        If a measured curve cannot be read.
    """
    kind, _, rest = (part.strip() for part in text.partition(":"))
    if kind == "ohm" and not rest:
        return None
    if kind == "sinh":
        return SinhLaw(v0=_volts(rest, text), read_voltage=read_voltage)
    if kind == "polynomial":
        a2, a3 = _two_numbers(rest, text)
        return PolynomialLaw(a2=a2, a3=a3, read_voltage=read_voltage)
    if kind == "measured" and rest:
        voltage, values = read_curve(Path(rest))
        return MeasuredLaw(voltage=voltage, values=values, read_voltage=read_voltage)
    raise ParameterError(f"I-V law {text!r}: unknown; write ohm, {FORMS}")


def read_curve(path: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return voltages (V) and currents (any unit) of a CSV file: two columns, a header line allowed.

    Raises
    ------
    DataError
        If the file cannot be read or a line has no two numbers.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read as a measured I-V curve ({reason})") from fault
    points = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            volts, amperes = (float(word) for word in line.split(","))
        except ValueError:
            if number == 1:
                continue
            raise DataError(f"{path}, line {number}: {line[:40]!r} is not 'voltage, current'") from None
        if (volts, amperes) != (0.0, 0.0):
            points.append((volts, amperes))
    return tuple(point[0] for point in points), tuple(point[1] for point in points)


def _volts(text: str, whole: str) -> float:
    try:
        return parse_quantity(text, "volt")
    except ParameterError as error:
        raise ParameterError(f"I-V law {whole!r}: {error}; write it as in 'sinh: 0.25 V'") from None


def _two_numbers(text: str, whole: str) -> tuple[float, float]:
    try:
        first, second = (float(word) for word in text.split(","))
    except ValueError:
        raise ParameterError(
            f"I-V law {whole!r}: needs two numbers, as in 'polynomial: 1, -0.1' (a2, a3 per volt)"
        ) from None
    return first, second
