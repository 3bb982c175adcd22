"""Sentences of a learning report, the same on page and terminal; every number carries its value."""

from __future__ import annotations

import math

from spikecim.reports.energy_wording import DASH, cited
from spikecim.results.learning import BUDGETS, ConditionResult, Learning, Spread, spread

OFFLINE = "offline"


def points(value: float) -> str:
    """Percent or points, two decimals."""
    return cited(value, "%")


def with_interval(found: Spread) -> str:
    """``88.1 (87.9 to 88.3)``."""
    return f"{points(found.mean)} ({points(found.low)} to {points(found.high)})"


def energy(pj: float) -> str:
    """An energy in the unit that suits it, with its picojoules behind it."""
    for unit, size in (("mJ", 1e9), ("µJ", 1e6), ("nJ", 1e3)):
        if pj >= size:
            return f"{cited(pj / size)} {unit}"
    return f"{cited(pj)} pJ"


def about(value: float) -> str:
    """A large number to three digits; a dash for no end."""
    return cited(int(float(f"{value:.3g}"))) if math.isfinite(value) else DASH


def name_of(one: ConditionResult) -> str:
    """As a table and a figure call it."""
    shown = one.name.removeprefix("delta, ").replace("stdp, ", "STDP, ")
    return shown[0].upper() + shown[1:]


def lede(found: Learning) -> str:
    """What was done, in one sentence."""
    return (
        f"{found.title}: {cited(found.n_chips)} virtual chips, judged on {cited(found.n_old)} test images of what was "
        f"known and {cited(found.n_new)} of what is new, before and after."
    )


def best_learned(found: Learning) -> ConditionResult:
    """The condition that learned on the chip and answers most of all images rightly."""
    learned = [one for one in found.conditions if one.rule != OFFLINE]
    return max(learned, key=lambda one: one.spread("after_all").mean)


def findings(found: Learning) -> list[str]:
    """What the study says, most important first."""
    best = best_learned(found)
    return [_best(found, best), *_forgetting(found), *_anew(found, best), _wear(found, best), _paid(found, best)]


def _best(found: Learning, best: ConditionResult) -> str:
    new, old = best.spread("after_new"), best.spread("after_old")
    before_new = spread(found.before["new"]).mean
    start = "nobody could answer" if found.task == "new-class" else f"were right in {points(before_new)} %"
    before, after = spread(found.before["all"]), best.spread("after_all")
    alone = sum(one.rule != OFFLINE for one in found.conditions) == 1
    pays = "" if after.low > before.mean else " In all, this learning does not pay."
    return (
        f"{'Learned by' if alone else 'Best of all learns'} “{name_of(best)}”: images of what is new, which {start} "
        f"before, are then right in "
        f"{with_interval(new)} %, and what was known in {with_interval(old)} %, after "
        f"{with_interval(spread(found.before['old']))} %; all together {with_interval(after)} %, after "
        f"{with_interval(before)} %.{pays}"
    )


def _forgetting(found: Learning) -> list[str]:
    bare = [one for one in found.conditions if one.rule != OFFLINE and one.rehearsal == 0]
    kept = [one for one in found.conditions if one.rule != OFFLINE and one.rehearsal != 0]
    if not bare or not kept:
        return []
    least = min(bare, key=lambda one: one.spread("forgetting").mean)
    held = min(kept, key=lambda one: one.spread("forgetting").mean)
    return [
        f"Forgetting: without rehearsal at least {with_interval(least.spread('forgetting'))} points of what was known "
        f"are lost; with rehearsal (“{name_of(held)}”) {with_interval(held.spread('forgetting'))}. "
        "Below zero means that what was known is answered better than before."
    ]


def _anew(found: Learning, best: ConditionResult) -> list[str]:
    anew = next((one for one in found.conditions if one.rule == OFFLINE), None)
    if anew is None:
        return []
    return [
        f"The same chips programmed anew with weights trained offline on everything reach "
        f"{with_interval(anew.spread('after_all'))} %, with {cited(anew.spread('writes_mean').mean)} writes per cell "
        f"against {cited(best.spread('writes_mean').mean)}; a perceptron with real weights, off the chip, "
        f"{points(found.taught.both)} %."
    ]


def _wear(found: Learning, best: ConditionResult) -> str:
    worst, even = best.lives(BUDGETS[0])
    return (
        f"Wear: the cell that is pulsed most sees {cited(best.spread('pulses_largest').mean)} pulses in one learning, "
        f"a cell in the mean {cited(best.spread('pulses_mean').mean)}. A budget of {cited(int(BUDGETS[0]))} cycles is "
        f"enough for {about(worst)} such learnings if the worst cell is always the same, for {about(even)} if wear is "
        f"even; one of {cited(int(BUDGETS[1]))} for ten times as many."
    )


def _paid(found: Learning, best: ConditionResult) -> str:
    share = best.written_pj() / best.total_pj if best.total_pj else 0.0
    return (
        f"Energy: writes take {energy(best.written_pj())} ({energy(best.written_pj('low'))} to "
        f"{energy(best.written_pj('high'))}), the {cited(int(best.spread('presented').mean))} presentations "
        f"{energy(best.presented_pj)}: {cited(100.0 * share)} % of a learning is writing."
    )


def rate_text(one: ConditionResult) -> str:
    """The rate, and a sign where it is the end of the list it was chosen from."""
    if one.rate is None:
        return DASH
    rates = [rate for rate, _ in one.tuning]
    edge = "*" if len(rates) > 1 and one.rate in (min(rates), max(rates)) else ""
    return f"{cited(one.rate)}{edge}"
