"""What a sweep's table says: effects of factors, whose variance it is, yield; nothing here is rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from spikecim.errors import ParameterError
from spikecim.results.sweep_parts import Effect, Estimate, Shares, Spread, Value

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """Name, unit and wording of a metric; `better` is ``"high"``, ``"low"`` or ``""``."""

    name: str
    label: str
    unit: str
    better: str


@dataclass(frozen=True, kw_only=True)
class FactorInfo:
    """Path and SI unit of a factor; `numeric` has places on an axis, `scale` is ``"linear"`` or ``"log"``."""

    path: str
    unit: str
    numeric: bool
    scale: str
    text: str


@dataclass(frozen=True, kw_only=True)
class DesignRow:
    """One design.

    Attributes
    ----------
    number : int
    values : tuple
        One of each factor, SI units.
    texts : tuple of str
        The same for people.
    done, failed, missing : int
        Virtual chips with metrics, with an error, not run.
    middle : dict of str to Estimate
        Median and 5 to 95 % over chips, by metric.
    good : int
        Chips that read well enough, among those done.
    share : Estimate
        `good` / `done` and its Wilson interval; NaN without accuracy.
    picked : Estimate
        The same with an interval for a design picked as the best of all.
    """

    number: int
    values: tuple[Value, ...]
    texts: tuple[str, ...]
    done: int
    failed: int
    missing: int
    middle: Mapping[str, Estimate]
    good: int
    share: Estimate
    picked: Estimate


@dataclass(frozen=True, kw_only=True)
class YieldMap:
    """Share of good chips over two factors: row-major `share` and `points` of (rows x columns); NaN where empty."""

    row_factor: str
    column_factor: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    share: tuple[tuple[float, ...], ...]
    points: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class SweepReport:
    """All that is told of a sweep.

    Attributes
    ----------
    study : dict
        `Study.describe()`.
    good_accuracy : float
    yield_metric : str
        The accuracy that the yield is read from; empty if the study reports none.
    n_rows, n_done, n_failed, n_missing : int
        Points in the table, and those of the study that are not.
    errors : tuple of (str, int)
        Errors of failed points and how many failed so, most frequent first.
    """

    study: Mapping[str, object]
    name: str
    title: str
    kind: str
    version: str
    metrics: tuple[MetricInfo, ...]
    factors: tuple[FactorInfo, ...]
    n_designs: int
    n_chips: int
    n_done: int
    n_failed: int
    n_missing: int
    errors: tuple[tuple[str, int], ...]
    good_accuracy: float
    yield_metric: str
    designs: tuple[DesignRow, ...]
    effects: tuple[Effect, ...]
    shares: tuple[Shares, ...]
    spreads: tuple[Spread, ...]
    yield_map: YieldMap | None

    def metric(self, name: str) -> MetricInfo:
        """The metric of that name; ``"yield"`` is one."""
        if name == YIELD.name:
            return YIELD
        return _found({metric.name: metric for metric in self.metrics}, name)

    def factor(self, path: str) -> FactorInfo:
        return _found({factor.path: factor for factor in self.factors}, path)

    def effects_on(self, metric: str) -> tuple[Effect, ...]:
        """Main effects on a metric, in the study's order of factors."""
        return tuple(effect for effect in self.effects if effect.metric == metric)

    def shares_of(self, metric: str) -> Shares:
        return _found({shares.metric: shares for shares in self.shares}, metric)

    @property
    def incomplete(self) -> tuple[DesignRow, ...]:
        """Designs of which a chip failed or is missing."""
        return tuple(row for row in self.designs if row.failed or row.missing)


YIELD = MetricInfo(name="yield", label="yield", unit="", better="high")


def _found(known: Mapping[str, T], name: str) -> T:
    if name not in known:
        raise ParameterError(f"the report knows no {name!r}; it has {', '.join(known)}")
    return known[name]
