"""The energy report in sentences, each computed; the numbers carry their exact values."""

from __future__ import annotations

from spikecim.reports.energy_gain_tables import paid_after
from spikecim.reports.energy_wording import PARTS, READ_AS, SCOPE_NAMES, cited, percent, printed, span
from spikecim.results.energy_gain_rows import BaselineRow, Gain
from spikecim.results.energy_report import EnergyReport, RunEnergy


def lede(run: RunEnergy) -> str:
    """The answer in one sentence."""
    core, chip = run.scope("core"), run.scope("chip")
    return (
        f"An inference takes {cited(core.nj.mean)} nJ in the core and {cited(chip.nj.mean)} nJ with logic and link, "
        f"at {cited(run.accuracy_percent, '%')} % accuracy."
    )


def tiles(run: RunEnergy) -> list[dict[str, str]]:
    """The answer at a glance: two energies and two gains, each with its interval."""
    found = []
    for name in ("core", "chip"):
        one = run.scope(name)
        kept = f"{span(one.anchored.low, one.anchored.high)} if the published pJ hold; " if one.anchored else ""
        other = [two for two in run.scopes if two.scope == name and two.reading != run.reading]
        more = f"{kept}{span(one.free.low, one.free.high)} if every entry may move" + "".join(
            f"; {cited(two.nj.mean)} if read {READ_AS[two.reading]}" for two in other
        )
        found.append({"name": _TILES[name], "value": f"{cited(one.nj.mean)} nJ", "more": more})
    for base in run.baselines:
        gain = _gain(base, "core", run.reading)
        if gain is not None and not run.silent:
            text = f"median; {span(gain.gain.low, gain.gain.high)}; {_verdict(gain)}"
            found.append({"name": f"core against {base.title}", "value": f"{cited(gain.gain.median)}×", "more": text})
    return found


_TILES = {"core": "an inference in the core", "chip": "with logic and link"}


def _names(paths: tuple[str, ...]) -> str:
    names = [
        path.removeprefix("energy.").removeprefix("array.").replace("link.", "").replace("_", " ") for path in paths
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def findings(run: RunEnergy, report: EnergyReport) -> list[str]:
    """Five to seven sentences: the answer with its interval, where, against what, what would change it."""
    if run.silent:
        return [_interval(run), "Nothing spiked: all of it is standing power, and no gain, link or margin can be told."]
    found = [
        _interval(run),
        *_against(run),
        _claim(run, report),
        _where(run),
        _link(run),
        _margin(run, report.near_points),
        _doubt(run),
        _programming(run),
    ]
    return [sentence for sentence in found if sentence]


def _interval(run: RunEnergy) -> str:
    core = run.scope("core")
    text = f"The core takes {cited(core.nj.mean)} nJ an inference. "
    if core.anchored is not None:
        text += f"If the published figures hold, {span(core.anchored.low, core.anchored.high)} nJ; "
    free = f"ith every entry over its range, {span(core.free.low, core.free.high)} nJ"
    text += f"W{free}" if core.anchored is None else f"w{free}"
    others = [one for one in run.scopes if one.scope == "core" and one.reading != run.reading]
    if others:
        other = others[0]
        text += f". Read {READ_AS[other.reading]} instead, the same published figure makes it {cited(other.nj.mean)} nJ"
        if max(core.nj.mean, other.nj.mean) * core.free.low > min(core.nj.mean, other.nj.mean) * core.free.high:
            text += ": the wording of the source weighs more than all entries together"
    if run.published_pj:
        text += ". Joules per event are fitted; what the emulation adds is how many events an inference takes"
    return f"{text}."


def _claim(run: RunEnergy, report: EnergyReport) -> str:
    """Which readings and baselines the published gain agrees with, where this run is of the same task."""
    if not run.published_pj:
        return ""
    pairs = [(base, gain) for base in run.baselines for gain in base.gains if gain.scope == "core"]
    pairs = [(base, gain) for base, gain in pairs if gain is _gain(base, "core", gain.reading)]
    inside = [pair for pair in pairs if pair[1].gain.low <= report.claim.gain <= pair[1].gain.high]
    readings, titles = {gain.reading for _, gain in inside}, {base.title for base, _ in inside}
    told = [f"{base.title} (read {READ_AS[gain.reading]})" for base, gain in inside]
    start = f"The published gain, up to {printed(report.claim.gain)} over a MAC that is not described, lies within"
    if not told:
        return f"{start} none of the ranges here."
    if len(told) == 1:
        return f"{start} the range against {told[0]} only."
    open_ = [what for what, known in (("reading", readings), ("baseline", titles)) if len(known) > 1]
    left = "decides neither the reading nor the baseline" if len(open_) > 1 else f"does not decide the {open_[0]}"
    return f"{start} the ranges against {' and '.join(told)}: it {left}."


def _where(run: RunEnergy) -> str:
    """The largest row of the whole chip, and of the core."""
    largest = max(run.parts, key=lambda row: row.nj)
    inner = max((row for row in run.parts if row.scope == "core"), key=lambda row: row.nj)
    outside = sum(row.chip_percent for row in run.parts if row.scope == "chip")
    text = (
        f"Most of the chip's energy, {percent(largest.chip_percent)} %, goes to {PARTS[largest.part]} "
        f"({largest.counted}); most of the core's, {percent(inner.core_percent)} %, to {PARTS[inner.part]}"
    )
    static = next(row for row in run.static if row.scope == "core")
    if outside > 50:
        core = run.scope("core").nj.mean
        chip = run.scope("chip").nj.mean
        text += f". Of {cited(chip)} nJ, {cited(core)} nJ are the core's; the rest brings spikes in and out"
    return f"{text}. Standing power is {percent(static.static_percent)} % of the core."


def _against(run: RunEnergy) -> list[str]:
    """One sentence a baseline."""
    found = []
    for base in run.baselines:
        own, chip = (_gain(base, scope, run.reading) for scope in ("core", "chip"))
        if own is None or chip is None:
            continue
        found.append(
            f"Against {base.title} ({span(base.nj_low, base.nj_high)} nJ, typically {cited(base.nj_typical)}) the gain "
            f"of the core is {_told(own)}, that of the whole chip over formal coding with the same link {_told(chip)}."
        )
    return found


def _gain(base: BaselineRow, scope: str, reading: str) -> Gain | None:
    """The narrowest interval that the run has, both sides paying for the same."""
    found = [gain for gain in base.gains if (gain.scope, gain.reading) == (scope, reading) and gain.like_for_like]
    return next((gain for gain in found if gain.mode == "anchored"), found[0] if found else None)


def _told(gain: Gain) -> str:
    return f"{cited(gain.gain.median)} ({span(gain.gain.low, gain.gain.high)}; {_verdict(gain)})"


def _verdict(gain: Gain) -> str:
    """Whether spikes win, over the draws."""
    sure = gain.above_one_percent
    if sure in (0, 100):
        return f"{'above' if sure else 'below'} 1 in every draw over these ranges"
    return f"above 1 in {percent(sure)} % of draws"


def _doubt(run: RunEnergy) -> str:
    """The entry that moves the core most, and the chip."""
    said = []
    for scope in ("core", "chip"):
        bars = [bar for bar in run.tornado if bar.scope == scope and bar.entry != "energy.reading"]
        if bars:
            bar = bars[0]
            name = _names((bar.entry,))
            said.append(
                f"the {SCOPE_NAMES[scope]} most, {name} from {bar.text_low} to {bar.text_high}: "
                f"{span(bar.nj_low, bar.nj_high)} nJ"
            )
    return f"One entry alone moves {'; '.join(said)}." if said else ""


def _margin(run: RunEnergy, near: float) -> str:
    """The smallest margin that costs next to nothing."""
    if len(run.margins) < 2:
        return ""
    last = run.margins[-1]
    first = next(row for row in run.margins if row.accuracy_percent >= last.accuracy_percent - near)
    if first is last or not last.core_nj:
        return ""
    return (
        f"A margin of {cited(first.delta_s)} instead of {cited(last.delta_s)} reads "
        f"{cited(first.accuracy_percent, '%')} % and takes {cited(first.core_nj)} nJ in the core instead of "
        f"{cited(last.core_nj)}. It is the smallest that costs at most {printed(near)} points, chosen here on the "
        "images "
        "it is shown for: a setting for use is to be chosen on held-out ones."
    )


def _link(run: RunEnergy) -> str:
    """What a wider, a faster and another link would give."""
    now, rest = run.links[0], {link.name: link for link in run.links[1:]}
    named = [rest[name] for name in _LINKS if name in rest]
    said = ", ".join(f"{link.name} {cited(link.chip_nj)}" for link in named)
    above = now.core_nj < now.link_nj
    start = (
        f"The link decides the chip's {cited(now.pj_per_event)} pJ per event, not the neurons"
        if above
        else (f"The neurons decide the chip's {cited(now.pj_per_event)} pJ per event, not the link")
    )
    return (
        f"{start}: with the same spikes, {said}, no link at all {cited(run.links[-1].chip_nj)} nJ, instead of "
        f"{cited(now.chip_nj)} nJ. A faster clock saves only standing power of the core, by assumption: nothing "
        f"outside it is static. Words out take {_share(run, 'out')}, words in {_share(run, 'in')}; that every output "
        "spike crosses the link is an assumption."
    )


def _share(run: RunEnergy, way: str) -> str:
    found = next(row.percent for row in run.ways if row.way == way)
    return f"{percent(found.median)} % of the chip ({percent(found.low)} to {percent(found.high)})"


_LINKS = (
    "faster clock",
    "wider: four data lines",
    "parallel address-event bus",
    "address events in, only the class out",
)


def _programming(run: RunEnergy) -> str:
    if run.programming is None:
        return "The run does not say what programming took."
    row = run.programming
    paid = []
    for base in run.baselines:
        found = [pay for pay in base.paybacks if (pay.scope, pay.reading) == ("core", run.reading)]
        if found and found[0].low is not None:
            paid.append(f"{paid_after(found[0])} against {base.title}")
    text = (
        f"Programming would take {cited(row.programming_nj)} nJ ({row.pulse} a pulse is {row.status}: "
        f"{span(row.low_nj, row.high_nj)}), as much as {cited(row.equal['core'])} inferences of the core; a word for "
        f"each weight over the link would take {cited(row.loading_nj)} nJ more"
    )
    if not paid:
        return f"{text}. No saving of the core pays for it."
    return f"{text}. In inferences, the core's saving pays for it after {', '.join(paid)}."


def side_by_side_lede(report: EnergyReport) -> str:
    """Title sentence of several runs."""
    cheapest = min(report.runs, key=lambda run: run.scope("core").nj.mean)
    best = max(report.runs, key=lambda run: run.accuracy_percent)
    return (
        f"{cheapest.name} takes the least energy in the core, {cited(cheapest.scope('core').nj.mean)} nJ an inference; "
        f"{best.name} reads best, {cited(best.accuracy_percent, '%')} %."
    )
