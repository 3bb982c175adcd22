"""Values with a birth certificate: every physical number carries its unit, status and source."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Generic, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, core_schema

from spikecim.certificates import open_certificate, read_range
from spikecim.errors import ParameterError, hint
from spikecim.units import format_quantity, parse_quantity

T = TypeVar("T", float, int, str, tuple[float, ...])
S = TypeVar("S", bound="Section")
W = TypeVar("W", bound="Switched")


@dataclass(frozen=True, kw_only=True)
class Parameter(Generic[T]):
    """A value, its unit and where it comes from.

    Attributes
    ----------
    value : float, int, str or tuple of float
        SI for quantities.
    unit : str
        SI unit name, ``"count"`` or ``"choice"``.
    status : str
        One of `certificates.STATUSES`.
    source : str
        Paper, formula, data set or reason.
    fitted_to : str or None
        Row of the published number that a calibrated value was fitted to; None for every other status.
    range : (low, high) or None
        What the value may honestly be, in the same unit, for sensitivity and uncertainty; `source` says why. It is no
        part of what the chip does, and none of its digest.
    """

    value: T
    unit: str
    status: str
    source: str
    fitted_to: str | None = None
    range: tuple[T, T] | None = None

    def text(self) -> str:
        """Readable value with unit."""
        return self._words(self.value)

    def range_text(self) -> str:
        """Readable range with unit; empty where there is none."""
        return "" if self.range is None else " .. ".join(map(self._words, self.range))

    def _words(self, value: T) -> str:
        if isinstance(value, tuple):
            return ", ".join(format_quantity(number, self.unit) for number in value)
        return format_quantity(value, self.unit) if isinstance(value, float) else str(value)

    def describe(self) -> dict[str, Any]:
        """The same as it is written in a chip file."""
        value: Any = self.value
        if isinstance(value, tuple):
            value = [repr_quantity(number, self.unit) for number in value]
        elif isinstance(value, float):
            value = repr_quantity(value, self.unit)
        known: dict[str, Any] = {} if self.fitted_to is None else {"fitted_to": self.fitted_to}
        if self.range is not None:
            known["range"] = [repr_quantity(end, self.unit) if isinstance(end, float) else end for end in self.range]
        return {"value": value, "status": self.status, **known, "source": self.source}


def repr_quantity(value: float, unit: str) -> str | float:
    """Text that reads back to exactly `value`; used for hashing and for files."""
    return value if unit == "dimensionless" else f"{value!r} {unit}"


class _Kind(ABC):
    """Base of the annotations that tell pydantic how to read a `Parameter`."""

    @abstractmethod
    def read(self, raw: object) -> Parameter[Any]:
        """Return the parameter described by the table `raw`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._accept)

    def _accept(self, raw: object) -> Parameter[Any]:
        return raw if isinstance(raw, Parameter) else self.read(raw)


@dataclass(frozen=True)
class Quantity(_Kind):
    """A real quantity in SI unit `unit` within [low, high]."""

    unit: str
    low: float = -math.inf
    high: float = math.inf

    def read(self, raw: object) -> Parameter[float]:
        value, certificate = open_certificate(raw, ranged=True)
        number = self._number(value)
        return Parameter(value=number, unit=self.unit, range=read_range(raw, number, self._number), **certificate)

    def _number(self, value: object) -> float:
        number = parse_quantity(value, self.unit)
        if not self.low <= number <= self.high:
            raise ParameterError(
                f"{value!r} is out of range; allowed {self._bound(self.low)} .. {self._bound(self.high)}"
            )
        return number

    def _bound(self, value: float) -> str:
        return "any" if math.isinf(value) else format_quantity(value, self.unit)


@dataclass(frozen=True)
class Series(_Kind):
    """A list of real quantities in SI unit `unit`, each within [low, high]; `rising` ones each above the last."""

    unit: str
    low: float = -math.inf
    high: float = math.inf
    rising: bool = False
    shortest: int = 1
    longest: int = 1000

    def read(self, raw: object) -> Parameter[tuple[float, ...]]:
        value, certificate = open_certificate(raw)
        if not isinstance(value, (list, tuple)) or not self.shortest <= len(value) <= self.longest:
            raise ParameterError(f"expected a list of {self.shortest} to {self.longest} quantities, got {value!r}")
        one = Quantity(self.unit, self.low, self.high)
        numbers = tuple(one.read({**certificate, "value": entry}).value for entry in value)
        if self.rising and any(later <= earlier for earlier, later in pairwise(numbers)):
            raise ParameterError(f"the list must rise from entry to entry, got {value!r}")
        return Parameter(value=numbers, unit=self.unit, **certificate)


@dataclass(frozen=True)
class Count(_Kind):
    """A whole number within [low, high]."""

    low: int = 0
    high: int = 2**31 - 1

    def read(self, raw: object) -> Parameter[int]:
        value, certificate = open_certificate(raw, ranged=True)
        number = self._number(value)
        return Parameter(value=number, unit="count", range=read_range(raw, number, self._number), **certificate)

    def _number(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParameterError(f"expected a whole number, got {value!r}")
        if not self.low <= value <= self.high:
            raise ParameterError(f"{value} is out of range; allowed {self.low} .. {self.high}")
        return value


@dataclass(frozen=True)
class Choice(_Kind):
    """One of a list of names."""

    allowed: tuple[str, ...]

    def read(self, raw: object) -> Parameter[str]:
        value, certificate = open_certificate(raw)
        if value not in self.allowed:
            raise ParameterError(f"{value!r} is not one of {', '.join(self.allowed)}")
        return Parameter(value=str(value), unit="choice", **certificate)


class Section(BaseModel):
    """A table of a description file: frozen, and no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @model_validator(mode="after")
    def _checked(self) -> Self:
        self.check()
        return self

    def check(self) -> None:
        """Raise ParameterError if values that are allowed one by one contradict each other, or one has no effect."""


class Switched(Section):
    """A table that a file may switch off, value by value kept: off is as good as absent."""

    switch: Annotated[Parameter[str], Choice(("on", "off"))]

    @property
    def on(self) -> bool:
        return self.switch.value == "on"


def switched_on(table: W | None) -> W | None:
    """The table if there is one and it is on, else None."""
    return table if table is not None and table.on else None


def read_section(model: type[S], raw: Mapping[str, Any], where: str) -> S:
    """Validate `raw` as `model`; the first fault becomes one ParameterError that names file, key and remedy."""
    try:
        return model.model_validate(raw)
    except ValidationError as failure:
        fault = failure.errors()[0]
        raise ParameterError(f"{where}: {_explain(fault, model)}") from None


def _explain(fault: Any, model: type[BaseModel]) -> str:
    path = [str(part) for part in fault["loc"]]
    name = ".".join(path)
    if fault["type"] == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        allowed = f"allowed: {', '.join(sorted(known))}"
        return f"unknown key {name!r}; {hint(path[-1], known, allowed)}"
    if fault["type"] == "missing":
        return f"{name}: missing; every description needs it"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    current: Any = model
    for part in (part for part in path if not part.isdigit()):
        annotation = current.model_fields[part].annotation
        # An optional table is written `Table | None`, a list of tables `tuple[Table, ...]`.
        current = next((kind for kind in get_args(annotation) if kind is not type(None)), annotation)
    return list(current.model_fields)


def walk(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Parameter[Any]]]:
    """Yield (dotted path, parameter) for every parameter below `section`, in file order."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Parameter):
            yield prefix + name, value
        elif isinstance(value, BaseModel):
            yield from walk(value, f"{prefix}{name}.")


def check_value(section: BaseModel, path: str, value: object) -> None:
    """Raise ParameterError unless `value`, as a file writes it, is one that the parameter at `path` can take alone."""
    *parents, last = path.split(".")
    for part in parents:
        section = getattr(section, part)
    kinds = type(section).model_fields[last].metadata
    next(kind for kind in kinds if isinstance(kind, _Kind)).read({"value": value, "status": "assumed", "source": "-"})
