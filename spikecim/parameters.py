"""Values with a birth certificate: every physical number carries its unit, status and source."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, core_schema

from spikecim.errors import ParameterError, hint
from spikecim.units import format_quantity, parse_quantity

STATUSES = ("published", "derived", "proxy", "calibrated", "measured", "assumed")
T = TypeVar("T", float, int, str)
S = TypeVar("S", bound="Section")


@dataclass(frozen=True, kw_only=True)
class Parameter(Generic[T]):
    """A value, its unit and where it comes from.

    Attributes
    ----------
    value : float, int or str
        SI for quantities.
    unit : str
        SI unit name, ``"count"`` or ``"choice"``.
    status : str
        One of `STATUSES`.
    source : str
        Paper, formula, data set or reason.
    fitted_to : str or None
        Row of the published number that a calibrated value was fitted to; None for every other status.
    """

    value: T
    unit: str
    status: str
    source: str
    fitted_to: str | None = None

    def text(self) -> str:
        """Readable value with unit."""
        if isinstance(self.value, float):
            return format_quantity(self.value, self.unit)
        return str(self.value)

    def describe(self) -> dict[str, str]:
        """The same as it is written in a chip file."""
        value = self.value
        shown = repr_quantity(value, self.unit) if isinstance(value, float) else value
        fitted = {} if self.fitted_to is None else {"fitted_to": self.fitted_to}
        return {"value": shown, "status": self.status, **fitted, "source": self.source}  # type: ignore[dict-item]


def repr_quantity(value: float, unit: str) -> str | float:
    """Text that reads back to exactly `value`; used for hashing and for files."""
    return value if unit == "dimensionless" else f"{value!r} {unit}"


_KEYS = ("value", "status", "source", "fitted_to")


def _open(raw: object) -> tuple[object, dict[str, Any]]:
    """Split a table into its value and the certificate that goes with it."""
    if not isinstance(raw, Mapping):
        raise ParameterError(
            f'expected a table like {{ value = ..., status = "assumed", source = "..." }}, got {raw!r}'
        )
    if "value" not in raw:
        raise ParameterError("has no value: write { value = ..., status = ..., source = ... }")
    unknown = sorted(set(raw) - set(_KEYS))
    if unknown:
        raise ParameterError(f"unknown key {unknown[0]!r}: allowed are {', '.join(_KEYS)}")
    status, source = raw.get("status"), raw.get("source")
    if status not in STATUSES:
        raise ParameterError(f"status {status!r} is not one of {', '.join(STATUSES)}")
    if not isinstance(source, str) or not source.strip():
        raise ParameterError("source is missing: say where the number comes from")
    return raw["value"], {"status": status, "source": source.strip(), "fitted_to": _fitted_to(raw, status)}


def _fitted_to(raw: Mapping[str, object], status: str) -> str | None:
    row = raw.get("fitted_to")
    if status != "calibrated":
        if row is not None:
            raise ParameterError(f"fitted_to goes with status calibrated only, not with {status}: remove it")
        return None
    if not isinstance(row, str) or not row.strip():
        raise ParameterError(
            "fitted_to is missing: a calibrated value names the row it was fitted to, "
            'for example fitted_to = "input_spikes_per_image"'
        )
    return row.strip()


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
        value, certificate = _open(raw)
        number = parse_quantity(value, self.unit)
        if not self.low <= number <= self.high:
            raise ParameterError(
                f"{value!r} is out of range; allowed {self._bound(self.low)} .. {self._bound(self.high)}"
            )
        return Parameter(value=number, unit=self.unit, **certificate)

    def _bound(self, value: float) -> str:
        return "any" if math.isinf(value) else format_quantity(value, self.unit)


@dataclass(frozen=True)
class Count(_Kind):
    """A whole number within [low, high]."""

    low: int = 0
    high: int = 2**31 - 1

    def read(self, raw: object) -> Parameter[int]:
        value, certificate = _open(raw)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParameterError(f"expected a whole number, got {value!r}")
        if not self.low <= value <= self.high:
            raise ParameterError(f"{value} is out of range; allowed {self.low} .. {self.high}")
        return Parameter(value=value, unit="count", **certificate)


@dataclass(frozen=True)
class Choice(_Kind):
    """One of a list of names."""

    allowed: tuple[str, ...]

    def read(self, raw: object) -> Parameter[str]:
        value, certificate = _open(raw)
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
    for part in path:
        current = current.model_fields[part].annotation
    return list(current.model_fields)


def walk(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Parameter[Any]]]:
    """Yield (dotted path, parameter) for every parameter below `section`, in file order."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Parameter):
            yield prefix + name, value
        elif isinstance(value, BaseModel):
            yield from walk(value, f"{prefix}{name}.")
