"""How a sweep's report names factors and writes its metrics, the same in figures, tables and sentences."""

from __future__ import annotations

import math
from statistics import NormalDist

from spikecim.reports.wording import significant
from spikecim.results.sweep_parts import Estimate, Value
from spikecim.results.sweep_report import FactorInfo, MetricInfo, SweepReport
from spikecim.units import format_quantity

# A share of less is none; one whose interval is wider says nothing.
NOTHING, _UNCLEAR = 0.005, 0.5


def short_names(report: SweepReport) -> dict[str, str]:
    """The end of each factor's path, as long as it takes to tell the factors apart."""
    paths = [factor.path for factor in report.factors]
    names = {}
    for path in paths:
        parts = path.split(".")
        ends = [".".join(parts[-n:]) for n in range(1, len(parts) + 1)]
        free = (end for end in ends if sum(f".{other}".endswith(f".{end}") for other in paths) == 1)
        names[path] = next(free, path)
    return names


def narrow(label: str) -> str:
    """A label where room is short: what all metrics are counted by is left out."""
    return label.removesuffix(" per inference").removesuffix(" per image")


def is_share(metric: MetricInfo) -> bool:
    """Whether a metric is shown in percent."""
    return metric.name == "yield" or metric.name.partition("@")[0] == "accuracy"


def scale_of(metric: MetricInfo) -> float:
    """What its values are multiplied with before they are shown."""
    return 100.0 if is_share(metric) else 1.0


def unit_of(metric: MetricInfo) -> str:
    """The unit it is shown in."""
    return "%" if is_share(metric) else metric.unit


def headed(metric: MetricInfo) -> str:
    """Label with unit, for a figure or the head of a table."""
    label = metric.label[0].upper() + metric.label[1:]
    unit = unit_of(metric)
    return f"{label} ({unit})" if unit and unit not in metric.label.lower().split() else label


def value_text(metric: MetricInfo, value: float) -> str:
    """A value without its unit."""
    if not math.isfinite(value):
        return "–"
    if not is_share(metric):
        return significant(value)
    percents = float(f"{100 * value:.12g}")
    return f"{percents:.1f}".replace("-", "−")


def with_unit(metric: MetricInfo, value: float) -> str:
    """A value with its unit."""
    return f"{value_text(metric, value)} {unit_of(metric)}".strip()


def interval_text(metric: MetricInfo, estimate: Estimate) -> str:
    """Both ends of an interval, without unit; a dash where there is none."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return "–"
    return f"{value_text(metric, estimate.low)} to {value_text(metric, estimate.high)}"


def percent(share: float) -> str:
    """A share in whole percent, with a minus sign that reads as one."""
    if not math.isfinite(share):
        return "–"
    rounded = round(100 * share)
    return f"−{-rounded}" if rounded < 0 else str(rounded)


def is_unclear(share: Estimate) -> bool:
    """Whether the interval of a share is too wide to say anything."""
    return share.high - share.low > _UNCLEAR


def is_sure(share: Estimate) -> bool:
    """Whether a share is more than nothing: half a percent at least, and its interval above 0."""
    return share.low > 0 and share.value >= NOTHING and not is_unclear(share)


def stands_out(share: Estimate, among: int) -> bool:
    """Whether the largest of so many shares is more than nothing, its lower end put lower for the choice."""
    normal = NormalDist()
    further = normal.inv_cdf(1 - 0.05 / max(1, among)) / normal.inv_cdf(0.95)
    return not is_unclear(share) and share.value >= NOTHING and share.value > further * (share.value - share.low)


def factor_text(factor: FactorInfo, value: Value) -> str:
    """A factor's value for people, three digits."""
    if isinstance(value, str) or factor.unit in ("count", "choice"):
        return str(value)
    return format_quantity(value, factor.unit, 3)
