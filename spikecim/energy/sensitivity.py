"""One entry at a time over its range, all others at their values: the bars of a tornado chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spikecim.energy.entries import Entry
from spikecim.energy.terms import Term, mean_pj
from spikecim.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Mean pJ of an inference with one entry at the ends of its range.

    Attributes
    ----------
    entry : Entry
    pj_low, pj, pj_high : float
        With the entry at its low end, its value and its high end; energy never falls as an entry rises.
    """

    entry: Entry
    pj_low: float
    pj: float
    pj_high: float

    @property
    def swing(self) -> float:
        """Length of the bar in pJ."""
        return self.pj_high - self.pj_low


def tornado(terms: Sequence[Term], entries: Sequence[Entry], parts: Sequence[str]) -> tuple[Bar, ...]:
    """The bars of all entries that `parts` rest on, the longest first; no bar is empty.

    Parameters
    ----------
    terms : sequence of Term
        Of the run, `terms.terms_of` or `terms.layered_terms_of`.
    parts : sequence of str
        Parts of the scope; an entry of other parts only has no bar, nor has one that `unmoved` lists.

    Raises
    ------
    ParameterError
        If no term of any part uses an entry: a number that moves nothing is an error.
    """
    means, values = averaged(terms), {entry.path: entry.value for entry in entries}
    asleep = unmoved(means, entries)
    pj, bars = mean_pj(means, values, parts), []
    for entry in entries:
        if entry.path in asleep or not _terms_with(entry, means, parts):
            continue
        low, high = (mean_pj(means, values | {entry.path: end}, parts) for end in (entry.low, entry.high))
        bars.append(Bar(entry=entry, pj_low=low, pj=pj, pj_high=high))
    return tuple(sorted((bar for bar in bars if bar.swing > 0), key=lambda bar: (-bar.swing, bar.entry.path)))


def unmoved(terms: Sequence[Term], entries: Sequence[Entry]) -> dict[str, str]:
    """Entries that can have no bar, with the reason: fixed by the chip file, or what they pay for did not happen.

    Raises
    ------
    ParameterError
        If no term uses an entry at all.
    """
    values, reasons = {entry.path: entry.value for entry in entries}, {}
    for entry in entries:
        own = [term for term in terms if entry.path in term.factors]
        if not own:
            raise ParameterError(f"{entry.path}: no part of the ledger uses it; a number without effect is an error")
        if not entry.moves:
            reasons[entry.path] = f"fixed at {entry.text(entry.value)}"
        elif not any(term.pj(values | {entry.path: entry.high}).any() for term in own):
            reasons[entry.path] = "not used by this run"
    return reasons


def averaged(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The same terms with mean counts over the samples, (1, n_layers)."""
    return tuple(replace(term, counts=term.counts.mean(0, keepdims=True)) for term in terms)


def _terms_with(entry: Entry, terms: Sequence[Term], parts: Sequence[str]) -> list[Term]:
    return [term for term in terms if entry.path in term.factors and term.part in parts]
