"""Hardware errors and their cures beside the published marks (Han et al., Sci China Inf Sci 68(2), 2025).

The two marks are of two scores that are never mixed: 99.6 % of the algorithm's accuracy, kept by a Flash chip that runs
LeNet on MNIST (press summary), and about 95 % of the lost accuracy recovered (abstract).
"""

from __future__ import annotations

from dataclasses import replace

from spikecim.errors import ParameterError, hint
from spikecim.experiments.claims import Claim, claim_row
from spikecim.results.findings import Row
from spikecim.results.mitigation import PUBLISHED_RECOVERED, PUBLISHED_SOURCE, ConditionResult, Mitigation

FLASH = "flash-lenet"
# Shipped mitigation studies of networks for which a mark was published.
STUDIES = (FLASH, "cnn-cifar10", "transformer")
KEPT_PERCENT = 99.6
KEPT_SOURCE = "press summary of the Flash chip of Han et al. 2025; LeNet from the abstract; the full text was not read"
ALL = "all"


def known_study(name: str) -> str:
    """Return `name`.

    Raises
    ------
    ParameterError
        If no mark was published for such a study.
    """
    if name not in STUDIES:
        known = f"known: {', '.join(STUDIES)}"
        raise ParameterError(f"reproduction {name!r} is unknown; {hint(name, STUDIES, known)}")
    return name


def rows_of(found: Mitigation) -> list[Row]:
    """The published marks beside what `found` holds, each error alone and all together.

    The cure is the first that the study names, so that none is picked by its result.
    """
    rows = [_recovered(found, condition) for condition in found.conditions]
    kept = [row for condition in found.conditions if condition.name == ALL for row in _kept(found, condition)]
    return [*kept, *(row for row in rows if row is not None)]


def _kept(found: Mitigation, condition: ConditionResult) -> list[Row]:
    """The accuracy ratio with all errors: as programmed, and after the cure."""
    claim = Claim(
        id="accuracy_ratio",
        quantity="Accuracy ratio, all errors, no cure",
        value=KEPT_PERCENT,
        unit="%",
        half_unit=0.05,
        source=KEPT_SOURCE,
        at_least=True,
    )
    comparable = found.study["name"] == FLASH
    spans = [(claim, condition.ratio, "as programmed")]
    if condition.cures:
        cure = condition.cures[0]
        after = replace(claim, id="accuracy_ratio_cured", quantity="Accuracy ratio, all errors, cured")
        spans.append((after, cure.ratio, cure.name))
    return [
        claim_row(one, (span.low, span.value, span.high), f"{how}; {_counts(found)}", comparable=comparable)
        for one, span, how in spans
    ]


def _recovered(found: Mitigation, condition: ConditionResult) -> Row | None:
    """Recovered degradation; None where nothing was lost or no cure was tried."""
    if not condition.cures or condition.cures[0].recovered is None:
        return None
    cure, span = condition.cures[0], condition.cures[0].recovered
    claim = Claim(
        id=f"recovered_{condition.name}",
        quantity=f"Recovered degradation, {condition.name}",
        value=PUBLISHED_RECOVERED,
        unit="%",
        half_unit=0.5,
        source=PUBLISHED_SOURCE,
        at_least=True,
    )
    # The mark is a summary over networks and severities that are not stated.
    how = f"{cure.name}; {condition.lost.value:.2f} points were lost; {_counts(found)}; the severities differ"
    return claim_row(claim, (span.low, span.value, span.high), how, comparable=False)


def _counts(found: Mitigation) -> str:
    return f"{found.chips} virtual chips, {found.images:,} test samples"
