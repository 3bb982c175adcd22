"""Tables of the energy page on formal coding: what it takes, what spikes gain, what its numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence

from spikecim.reports.energy_table import TAB, Table, table
from spikecim.reports.energy_wording import DASH, READ_AS, SCOPE_NAMES, cited, percent, span
from spikecim.results.energy_gain_rows import Gain, Payback
from spikecim.results.energy_report import RunEnergy


def baselines_table(run: RunEnergy) -> Table:
    """Formal coding alone."""
    rows = [
        (
            base.title,
            cited(base.macs),
            *(cited(value) for value in (base.pj_low, base.pj_typical, base.pj_high)),
            *(cited(value) for value in (base.nj_low, base.nj_typical, base.nj_high)),
        )
        for base in run.baselines
    ]
    head = ("Formal coding at SPIRIT's node", "MACs", "pJ each, low", "typical", "high", "nJ, low", "typical", "high")
    lead = (
        f"{percent(run.nonzero_percent)} % of the run's input values are not zero: only their MACs are left where "
        "zeros are "
        "skipped, and finding them is free."
        if run.nonzero_percent is not None
        else "The run file holds no images: how many inputs are zero is not known, and no row skips them."
    )
    return table("The same network in formal coding", head, rows, lead)


def gains_table(run: RunEnergy) -> Table:
    """Gains and what pays for programming."""
    rows = []
    for base in run.baselines:
        for key in dict.fromkeys(_key(gain) for gain in base.gains):
            found = {gain.mode: gain for gain in base.gains if _key(gain) == key}
            best, kept = found.get("anchored", found["free"]), found.get("anchored")
            rows.append(
                (
                    f"{base.title}; {_sides(best)}, read {READ_AS[best.reading]}",
                    cited(best.gain.median),
                    span(kept.gain.low, kept.gain.high) if kept else DASH,
                    span(found["free"].gain.low, found["free"].gain.high),
                    cited(best.gain.value),
                    percent(best.above_one_percent) if best.like_for_like else DASH,
                    _payback(base.paybacks, best),
                )
            )
    head = (
        "Formal coding over spikes",
        "Gain, median",
        "if the published pJ hold",
        "if every entry may move",
        "typical constants",
        "Draws above 1, %",
        "Inferences that pay programming",
    )
    lead = (
        "Above 1 spikes take less. The median is over the draws that keep the published figures, where the run can, "
        "else "
        "over all. With the same link, formal coding pays for a word for each pixel in and one for the class out, "
        "with the "
        "entries of the run; without, nothing is said of who wins. Programming is paid by what an inference saves, "
        "its own "
        "energy drawn too; never, where it saves nothing."
    )
    return table("Gain over formal coding", head, rows, lead)


def _key(gain: Gain) -> tuple[str, str, bool]:
    return gain.scope, gain.reading, gain.same_link


def _sides(gain: Gain) -> str:
    """The scope, and what formal coding pays beside its MACs."""
    if gain.scope == "core":
        return SCOPE_NAMES["core"]
    return f"{SCOPE_NAMES[gain.scope]}, formal {'with the same' if gain.same_link else 'without any'} link"


def _payback(paybacks: Sequence[Payback], gain: Gain) -> str:
    wanted = gain.scope, gain.reading, gain.mode
    found = next((one for one in paybacks if (one.scope, one.reading, one.mode) == wanted), None)
    return DASH if found is None or not gain.like_for_like else paid_after(found)


def paid_after(pay: Payback) -> str:
    """Median and range of the inferences after which programming is paid."""
    if pay.low is None:
        return "never"
    median, high = ("never" if end is None else cited(end) for end in (pay.median, pay.high))
    return f"{median} ({cited(pay.low)} to {high})"


def constants_table(run: RunEnergy, title: str) -> Table:
    """Constants of the baselines."""
    rows = [
        (one.name, f"{cited(one.typical)} {one.unit}".strip(), span(one.low, one.high), one.source)
        for one in run.constants
    ]
    return table(title, ("Constant", "Typical", "Range", f"{TAB}Source"), rows, folded=True)


def narrowest(gains: Sequence[Gain], scope: str, reading: str) -> Gain | None:
    """The gain with the narrowest interval that the run has."""
    found = [gain for gain in gains if (gain.scope, gain.reading) == (scope, reading)]
    return next((gain for gain in found if gain.mode == "anchored"), found[0] if found else None)
