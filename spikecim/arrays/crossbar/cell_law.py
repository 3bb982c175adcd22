"""I-V law of a cell: current = conductance * f(voltage), f odd and rising, with its true derivative.

Normalisation: `conductance` is the one measured at `read_voltage`, so f(read_voltage) = read_voltage for every law;
read_voltage = 0 stands for the small-signal conductance, f'(0) = 1.
"""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.errors import ParameterError

Floats = NDArray[np.float64]
# A compressive polynomial is used up to where its slope has fallen to this share of the one at 0 V.
_LAST_SLOPE = 0.01
# sinh(100) is 1e43: no cell conducts that, and products of it still fit a double.
_SINH_REACH = 100.0


@dataclass(frozen=True, kw_only=True)
class CellLaw(abc.ABC):
    """f(v) of a cell, in volt, odd and strictly rising; beyond `reach` it goes on as a straight line.

    Parameters
    ----------
    read_voltage : float
        Voltage (V) across the cell at which its conductance was measured; 0: small-signal.
    """

    read_voltage: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.read_voltage) and self.read_voltage >= 0.0):
            raise ParameterError(f"{self.label}: read_voltage is {self.read_voltage:g} V; it must be 0 or positive")
        self._check()
        if self.read_voltage > self.reach:
            raise ParameterError(
                f"{self.label}: read_voltage {self.read_voltage:g} V is beyond {self.reach:g} V, up to where the law "
                "rises; measure there, or take another law"
            )

    @property
    @abc.abstractmethod
    def label(self) -> str:
        """Name for messages, reports and netlists."""

    @property
    @abc.abstractmethod
    def reach(self) -> float:
        """Largest |voltage| (V) the law is good for."""

    @abc.abstractmethod
    def _check(self) -> None:
        """Raise ParameterError if the parameters make no rising law."""

    @abc.abstractmethod
    def _raw(self, size: Floats) -> tuple[Floats, Floats]:
        """Value and derivative for 0 <= voltage <= reach, any common scale."""

    @abc.abstractmethod
    def _raw_text(self, voltage: str) -> str:
        """`_raw` extended oddly, as an expression of an ngspice behavioural source."""

    @property
    def scale(self) -> float:
        """What turns the raw law into the normalised one."""
        value, slope = (float(part) for part in self._raw(np.asarray(self.read_voltage)))
        return self.read_voltage / value if self.read_voltage > 0.0 else 1.0 / slope

    def evaluate(self, voltage: ArrayLike) -> tuple[Floats, Floats]:
        """f (V) and its derivative (1), both in the shape of `voltage` (V)."""
        volts = np.asarray(voltage, np.float64)
        size = np.abs(volts)
        inner = np.minimum(size, self.reach)
        value, slope = self._raw(inner)
        scale = self.scale
        return np.copysign(scale * (value + slope * (size - inner)), volts), scale * slope

    def current(self, voltage: ArrayLike, conductance: ArrayLike) -> Floats:
        """Current (A) of cells of `conductance` (S, broadcast) at `voltage` (V)."""
        return np.asarray(conductance, np.float64) * self.evaluate(voltage)[0]

    def derivative(self, voltage: ArrayLike, conductance: ArrayLike) -> Floats:
        """d current / d voltage (S): the true one, no finite difference."""
        return np.asarray(conductance, np.float64) * self.evaluate(voltage)[1]

    def expression(self, voltage: str) -> str:
        """f as text for an ngspice behavioural source, of the voltage named `voltage`; exact up to `reach`."""
        return f"{self.scale:.17g}*({self._raw_text(voltage)})"


@dataclass(frozen=True, kw_only=True)
class SinhLaw(CellLaw):
    """f ~ sinh(v / v0): tunnelling and hopping in filaments; v0 (V) small means strongly nonlinear."""

    v0: float

    @property
    def label(self) -> str:
        return f"sinh law (v0 = {self.v0:g} V)"

    @property
    def reach(self) -> float:
        return _SINH_REACH * self.v0

    def _check(self) -> None:
        if not (math.isfinite(self.v0) and self.v0 > 0.0):
            raise ParameterError(f"sinh law: v0 is {self.v0:g} V; it must be positive and finite")

    def _raw(self, size: Floats) -> tuple[Floats, Floats]:
        return self.v0 * np.sinh(size / self.v0), np.cosh(size / self.v0)

    def _raw_text(self, voltage: str) -> str:
        return f"{self.v0:.17g}*sinh({voltage}/{self.v0:.17g})"


@dataclass(frozen=True, kw_only=True)
class PolynomialLaw(CellLaw):
    """f ~ a2 v + a3 sign(v) v^2: the odd quadratic of nonidealities 3.4; a3 (1/V) < 0 bends down.

    Its offset term a1 is not offered: a cell at 0 V carries no current.
    """

    a2: float = 1.0
    a3: float

    @property
    def label(self) -> str:
        return f"polynomial law (a2 = {self.a2:g}, a3 = {self.a3:g} per V)"

    @property
    def reach(self) -> float:
        return (1.0 - _LAST_SLOPE) * self.a2 / (-2.0 * self.a3) if self.a3 < 0.0 else math.inf

    def _check(self) -> None:
        if not (math.isfinite(self.a2) and self.a2 > 0.0 and math.isfinite(self.a3)):
            raise ParameterError(f"{self.label}: a2 must be positive and both finite, so that current rises at 0 V")

    def _raw(self, size: Floats) -> tuple[Floats, Floats]:
        return (self.a2 + self.a3 * size) * size, self.a2 + 2.0 * self.a3 * size

    def _raw_text(self, voltage: str) -> str:
        return f"{self.a2:.17g}*{voltage}+({self.a3:.17g})*{voltage}*abs({voltage})"


@dataclass(frozen=True, kw_only=True)
class MeasuredLaw(CellLaw):
    """A measured I-V table, joined by monotone cubics (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 238, 1980).

    Parameters
    ----------
    voltage, values : tuple of float, 2 or more
        Points of the positive branch, both above zero and rising; (0, 0) is added, the negative branch mirrored.
        `values` are currents in any unit: the conductance of each cell sets its scale.
    """

    voltage: tuple[float, ...]
    values: tuple[float, ...]
    _pieces: tuple[Floats, Floats] = field(init=False, repr=False, compare=False)

    @property
    def label(self) -> str:
        return f"measured law ({len(self.voltage)} points)"

    @property
    def reach(self) -> float:
        return self.voltage[-1]

    def _check(self) -> None:
        volts, amperes = (np.asarray(table, np.float64) for table in (self.voltage, self.values))
        if volts.ndim != 1 or volts.shape != amperes.shape or volts.size < 2:
            raise ParameterError(
                f"measured law: needs two or more points, one current for each voltage; got tables of shapes "
                f"{volts.shape} and {amperes.shape}"
            )
        for name, table in (("voltage", volts), ("values", amperes)):
            steps = np.diff(table, prepend=0.0)
            if not (np.isfinite(table).all() and (steps > 0.0).all()):
                at = int(np.argmax(~(np.isfinite(table) & (steps > 0.0))))
                raise ParameterError(
                    f"measured law: {name} number {at + 1} is {table[at]:g}; it must be positive and above the one "
                    "before it (give the positive branch only, sorted)"
                )
        object.__setattr__(self, "voltage", tuple(volts.tolist()))
        object.__setattr__(self, "values", tuple(amperes.tolist()))
        object.__setattr__(self, "_pieces", _monotone_cubics(volts, amperes))

    def _raw(self, size: Floats) -> tuple[Floats, Floats]:
        knots, table = self._pieces
        piece = np.clip(np.searchsorted(knots, size, side="right") - 1, 0, len(knots) - 2)
        c0, c1, c2, c3 = table[:, piece]
        x = size - knots[piece]
        return c0 + x * (c1 + x * (c2 + x * c3)), c1 + x * (2.0 * c2 + x * (3.0 * c3))

    def _raw_text(self, voltage: str) -> str:
        knots, table = self._pieces
        size, text = f"abs({voltage})", ""
        for number in reversed(range(len(knots) - 1)):
            c0, c1, c2, c3 = (f"({part:.17g})" for part in table[:, number])
            x = f"({size}-{knots[number]:.17g})"
            cubic = f"({c0}+{x}*({c1}+{x}*({c2}+{x}*{c3})))"
            text = f"({size}<{knots[number + 1]:.17g} ? {cubic} : {text})" if text else cubic
        return f"sgn({voltage})*{text}"


def _monotone_cubics(volts: Floats, amperes: Floats) -> tuple[Floats, Floats]:
    """Knots (n + 1) from 0 V on, and coefficients (4, n) of the cubic from each knot; slopes positive everywhere."""
    x, y = np.r_[0.0, volts], np.r_[0.0, amperes]
    h, secant = np.diff(x), np.diff(y) / np.diff(x)
    slope = np.empty_like(x)
    near, far = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
    # The weighted harmonic mean keeps each slope below three times either secant: no cubic turns back.
    slope[1:-1] = (near + far) / (near / secant[:-1] + far / secant[1:])
    slope[0], slope[-1] = secant[0], secant[-1]
    c2 = (3.0 * secant - 2.0 * slope[:-1] - slope[1:]) / h
    c3 = (slope[:-1] + slope[1:] - 2.0 * secant) / h**2
    return x, np.stack([y[:-1], slope[:-1], c2, c3])
