"""Names and sentences of a study of training on the chip, the same on page, figure and terminal."""

from __future__ import annotations

from spikecim.reports.energy_wording import DASH, cited
from spikecim.reports.wording import several
from spikecim.results.insitu_table import CellResult, DeviceRow, GainRow, InsituTable, MeanInterval

_RULES = {
    "sgd": "SGD",
    "momentum": "momentum",
    "residual": "residual carry",
    "mixed-precision": "mixed precision",
    "tiki-taka": "Tiki-Taka",
    "v2.1": "V2.1 rule",
}
_DATA = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "digits": "the embedded digits", "cifar10": "CIFAR-10"}


def rule_name(rule: str) -> str:
    """A rule as a reader names it; one of the study's own keeps its name."""
    return _RULES.get(rule, rule)


def device_name(device: str) -> str:
    """``"±4"`` for ``"+-4"``."""
    return device.replace("+-", "±")


def labels(device: DeviceRow) -> str:
    """``"+2.4 / −4.88"``."""
    if device.ltp is None or device.ltd is None:
        return "measured table"
    return f"{cited(device.ltp)} / {cited(device.ltd)}"


def percent(value: float | None) -> str:
    """Percent or points, two decimals."""
    return cited(value, "%")


def with_interval(found: MeanInterval | None) -> str:
    """``94.13 (93.90 to 94.36)``."""
    if found is None:
        return DASH
    if found.low is None:
        return percent(found.value)
    return f"{percent(found.value)} ({percent(found.low)} to {percent(found.high)})"


def with_half(found: MeanInterval | None) -> str:
    """``94.13 ± 0.23``, for a terminal: half the interval, which is symmetric."""
    if found is None or found.high is None:
        return DASH if found is None else percent(found.value)
    return f"{percent(found.value)} ± {percent(found.high - found.value)}"


def network_name(found: InsituTable) -> str:
    """``"400-100-10 on MNIST"``."""
    network, data = found.study["network"], found.study["data"]["name"]
    shape = "-".join(map(str, network["sizes"])) if "sizes" in network else str(network["name"])
    return f"{shape} on {_DATA.get(data, data)}"


def lede(found: InsituTable) -> str:
    """What was done, in one sentence."""
    seeds = found.study["seeds"]
    devices, rules = several(len(found.devices), "device"), several(len(found.study["rules"]), "update rule")
    return (
        f"{network_name(found)}, weights written into analog cells as it learns: {devices}, {rules}. Each rate is "
        f"tuned on validation images with {several(seeds['tuning'], 'seed')} and confirmed with "
        f"{cited(seeds['confirming'])}; it is scored on test images with {cited(seeds['scoring'])} others."
    )


def findings(found: InsituTable) -> list[str]:
    """A sentence for each device and rule against the reference, then what a reader must be warned of."""
    if found.gains:
        sentences = [_gain(found, gain) for gain in found.gains]
    else:
        sentences = [f"{_where(cell)}: {with_interval(cell.test)} % on the test images." for cell in found.cells]
    return [*sentences, *warnings_of(found)]


def _where(cell: CellResult | GainRow) -> str:
    return f"Device {device_name(cell.device)}, {rule_name(cell.rule)}"


def _gain(found: InsituTable, gain: GainRow) -> str:
    one, other = found.cell(gain.device, gain.rule), found.cell(gain.device, gain.against)
    if gain.gain is None or one.test is None or other.test is None:
        return f"{_where(gain)}: nothing to compare, because {(one if one.test is None else other).trouble}."
    reached = f"{percent(one.test.value)} % against {percent(other.test.value)} % with {rule_name(gain.against)}"
    fewer = f", with {cited(gain.fewer_pulses)} times fewer pulses" if (gain.fewer_pulses or 0) > 1 else ""
    return f"{_where(gain)}: {reached}; {_points(gain.gain)}{fewer}."


def _points(gain: MeanInterval) -> str:
    """What a gain is worth."""
    if gain.low is None or gain.high is None:
        return f"{percent(gain.value)} points, of one seed alone"
    between = f"({percent(gain.low)} to {percent(gain.high)})"
    if gain.low > 0:
        return f"a gain of {percent(gain.value)} points {between}"
    if gain.high < 0:
        return f"a loss of {percent(-gain.value)} points ({percent(-gain.high)} to {percent(-gain.low)})"
    return f"{percent(gain.value)} points {between}, which do not stand out of their noise"


def warnings_of(found: InsituTable) -> list[str]:
    """Rates at an end of what was tried, and what failed."""
    edges = [
        f"{device_name(cell.device)}, {rule_name(cell.rule)} ({cell.edge} tried)" for cell in found.cells if cell.edge
    ]
    said = [f"The best rate stands at an end of what was tried for {'; '.join(edges)}: a better one may lie beyond."]
    troubles: dict[str, list[str]] = {}
    for cell in found.cells:
        if cell.trouble:
            troubles.setdefault(cell.trouble, []).append(_where(cell))
    return (said if edges else []) + [f"{'; '.join(where)}: {trouble}." for trouble, where in troubles.items()]
