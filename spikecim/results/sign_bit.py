"""The designers' argument for 4 + 4 cells against a sign bit in RRAM, judged chip by chip (EMB).

"A sign stored in RRAM needs triple redundancy for fault tolerance, so four more cells were preferred." Tested as: on
the same virtual chips, 4 + 4 cells are at least as accurate as magnitude and sign bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spikecim.results.codes import (
    SINGLE_SIGN,
    SPIRIT_CODE,
    TRIPLE_SIGN,
    CellSetting,
    ChipRows,
    CodeStudy,
    FloatArray,
    Span,
)
from spikecim.results.population import interval
from spikecim.units import HOUR

ARGUED_RATE = 0.01  # share of stuck cells at which causes are parted
ARGUED_AGE_S = HOUR  # age at which relaxed cells are looked at
STANDARD_ERRORS = 2.0  # a mean further than this from zero is called a difference
_NAMES = {TRIPLE_SIGN: "a sign kept three times", SINGLE_SIGN: "a sign kept once"}


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Accuracy of 4 + 4 cells minus that of a rival on the same virtual chips, percentage points (n_chips,)."""

    rival: str
    setting: CellSetting
    points: FloatArray

    @property
    def span(self) -> Span:
        """(5th percentile, median, 95th percentile) over chips."""
        return interval(self.points)

    @property
    def mean(self) -> float:
        return float(self.points.mean())

    @property
    def standard_error(self) -> float:
        """Of the mean; infinite for a single chip, which says nothing about others."""
        n = len(self.points)
        return float(self.points.std(ddof=1) / np.sqrt(n)) if n > 1 else float("inf")

    @property
    def sign(self) -> int:
        """1 if 4 + 4 is better on average by more than two standard errors, -1 if worse, else 0."""
        reach = STANDARD_ERRORS * self.standard_error
        return int(self.mean > reach) - int(self.mean < -reach)


@dataclass(frozen=True, kw_only=True)
class DifferenceParts:
    """Where a difference at `ARGUED_RATE` comes from; each float64 (n_chips,), parts sum to the total exactly.

    Faults and HRS spread are switched off one at a time and together; each gets the mean of its effect with the other
    on and with the other off (Shapley 1953).
    """

    rival: str
    total: FloatArray
    faults: FloatArray
    hrs_spread: FloatArray
    rest: FloatArray


@dataclass(frozen=True, kw_only=True)
class SignBitArgument:
    """The argument in numbers.

    Attributes
    ----------
    nominal, faulty : tuple of PairedDifference
        Against the triple and the single sign, on the nominal chip and at `ARGUED_RATE` stuck cells.
    parts : tuple of DifferenceParts
        The same rivals at `ARGUED_RATE`.
    cells : dict of int
        Cells per weight of the three codes.
    cell_pj : dict of float
        Median energy of the cell current per image, on the nominal chip.
    aged : tuple of PairedDifference, or None
        The nominal chip `ARGUED_AGE_S` after programming; None where the cells have no such law.
    """

    nominal: tuple[PairedDifference, PairedDifference]
    faulty: tuple[PairedDifference, PairedDifference]
    parts: tuple[DifferenceParts, DifferenceParts]
    cells: dict[str, int]
    cell_pj: dict[str, float]
    aged: tuple[PairedDifference, PairedDifference] | None = None

    @property
    def headline(self) -> PairedDifference:
        """Against the triple sign on the nominal chip: the published claim is that this is not negative."""
        return self.nominal[0]

    @property
    def holds(self) -> bool:
        """Whether 4 + 4 cells are at least as accurate: not worse on average by more than two standard errors."""
        return self.headline.sign >= 0

    def statement(self) -> str:
        """One paragraph in plain English, every sentence chosen by the numbers."""
        return " ".join(self.sentences())

    def sentences(self) -> list[str]:
        """The parts of `statement`: accuracy, at a higher rate, a single sign, causes, after an hour, costs."""
        parts = [self.claim(), self._at_rate(), self._single(), self._causes(), self._later(), self._costs()]
        return [part for part in parts if part]

    def claim(self) -> str:
        """The first sentence: what accuracy says on the nominal chip."""
        judged = {
            1: "4 + 4 cells are better, as the designers' choice would have it",
            0: "the two cannot be told apart, so accuracy does not decide between them",
            -1: "4 + 4 cells are a little worse: in this model accuracy does not speak for the designers' choice",
        }
        return (
            f"On the nominal chip ({_percent(self.headline.setting.stuck)} stuck cells) the accuracy of 4 + 4 cells "
            f"minus that of {_NAMES[TRIPLE_SIGN]} is {_difference(self.headline)}: {judged[self.headline.sign]}."
        )

    def _at_rate(self) -> str:
        return f"At {_percent(ARGUED_RATE)} stuck cells it is {_difference(self.faulty[0])}."

    def _single(self) -> str:
        triple, single = self.faulty
        lost = PairedDifference(rival=SINGLE_SIGN, setting=single.setting, points=single.points - triple.points)
        text = (
            f"At that rate {_NAMES[SINGLE_SIGN]} reads {_signed(-single.mean)} points against 4 + 4 cells and "
            f"{_signed(-lost.mean)} points against {_NAMES[TRIPLE_SIGN]} (means; in the worst twentieth of the chips "
            f"it loses {lost.span[2]:.1f} points or more to the latter)"
        )
        needed = {
            1: "so a sign bit in RRAM does need its redundancy",
            0: "so the need of redundancy does not show at this rate",
            -1: "so redundancy does not help at this rate",
        }
        return f"{text}, {needed[lost.sign]}."

    def _causes(self) -> str:
        part = self.parts[0]
        faults, spread, rest = (float(values.mean()) for values in (part.faults, part.hrs_spread, part.rest))
        return (
            f"Of the mean difference of {_signed(float(part.total.mean()))} points to the triple sign at "
            f"{_percent(ARGUED_RATE)}, stuck cells make {_signed(faults)}, HRS spread {_signed(spread)} and all else "
            f"(LRS spread, injectors, neurons) {_signed(rest)}."
        )

    def _later(self) -> str:
        if self.aged is None:
            return ""
        triple, single = self.aged
        return (
            f"{ARGUED_AGE_S / HOUR:g} h after programming, HRS leakage has moved while the injectors keep their trim: "
            f"4 + 4 minus {_NAMES[TRIPLE_SIGN]} is then {_difference(triple)}, and minus {_NAMES[SINGLE_SIGN]} "
            f"{_difference(single)}."
        )

    def _costs(self) -> str:
        own, other = self.cells[SPIRIT_CODE], self.cells[TRIPLE_SIGN]
        ours, theirs = self.cell_pj[SPIRIT_CODE], self.cell_pj[TRIPLE_SIGN]
        more = "more" if own >= other else "fewer"
        change = 100 * (ours / theirs - 1)
        return (
            f"4 + 4 take {abs(own - other)} cell{'s' if abs(own - other) != 1 else ''} a weight {more} ({own} against "
            f"{other}), {abs(change):.0f} % {'less' if change < 0 else 'more'} cell current an image, and need neither "
            "voter nor digital reads, whose energy is not charged here."
        )


def sign_bit_argument(study: CodeStudy) -> SignBitArgument | None:
    """Read the argument from a study; None if a point it needs was not run."""
    own, sigma = study.nominal, study.nominal.hrs_sigma
    half = ARGUED_RATE / 2
    faulty, spread_only, faults_only, neither = (
        CellSetting(stuck_lrs=stuck, stuck_hrs=stuck, hrs_sigma=spread)
        for stuck, spread in ((half, sigma), (0.0, sigma), (half, 0.0), (0.0, 0.0))
    )
    rivals = (TRIPLE_SIGN, SINGLE_SIGN)
    codes = (SPIRIT_CODE, *rivals)
    if any(study.at(c, s) is None for c in codes for s in (own, faulty, spread_only, faults_only, neither)):
        return None
    later = replace(own, after_s=ARGUED_AGE_S)
    facts = {facts.name: facts for facts in study.codes}

    def paired(setting: CellSetting) -> tuple[PairedDifference, PairedDifference]:
        first, second = (_paired(study, rival, setting) for rival in rivals)
        return first, second

    both, spread, faults, rest = (paired(setting) for setting in (faulty, spread_only, faults_only, neither))
    parts = [_parts(*(four[i].points for four in (both, spread, faults, rest)), rival=rivals[i]) for i in (0, 1)]
    return SignBitArgument(
        nominal=paired(own),
        faulty=both,
        parts=(parts[0], parts[1]),
        cells={code: facts[code].cells_per_weight for code in codes},
        cell_pj={code: float(np.median(_chips(study, code, own).cell_pj)) for code in codes},
        aged=paired(later) if all(study.at(code, later) is not None for code in codes) else None,
    )


def _chips(study: CodeStudy, code: str, setting: CellSetting) -> ChipRows:
    point = study.at(code, setting)
    assert point is not None
    return point.chips


def _paired(study: CodeStudy, rival: str, setting: CellSetting) -> PairedDifference:
    ours, theirs = (_chips(study, code, setting).accuracy for code in (SPIRIT_CODE, rival))
    return PairedDifference(rival=rival, setting=setting, points=100.0 * (ours - theirs))


def _parts(
    both: FloatArray, spread: FloatArray, faults: FloatArray, rest: FloatArray, *, rival: str
) -> DifferenceParts:
    by_faults = ((both - spread) + (faults - rest)) / 2
    by_spread = ((both - faults) + (spread - rest)) / 2
    return DifferenceParts(rival=rival, total=both, faults=by_faults, hrs_spread=by_spread, rest=rest)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _signed(value: float) -> str:
    # Adding 0.0 keeps a rounded difference from reading "-0.00".
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "\u2212")


def _difference(pair: PairedDifference) -> str:
    low, middle, high = pair.span
    if len(pair.points) == 1:
        return f"{_signed(middle)} points on a single virtual chip"
    return (
        f"{_signed(middle)} points (median of {len(pair.points)} virtual chips, 90 % of them {_signed(low)} to "
        f"{_signed(high)}; mean {_signed(pair.mean)} with standard error {pair.standard_error:.2f})"
    )
