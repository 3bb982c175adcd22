"""Plates of a comparison of weight codes: figures with title and caption, each sentence computed from the study."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from spikecim.reports.codes import code_name, codes_spread, codes_stuck, codes_yield
from spikecim.reports.codes_costs import codes_costs, codes_groups, sign_bit
from spikecim.reports.plate import Plate
from spikecim.results.codes import CodePoint, CodeStudy
from spikecim.results.sign_bit import SignBitArgument

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUP = "codes"


def code_plates(study: CodeStudy, argument: SignBitArgument | None, group: str = GROUP) -> list[Plate]:
    """Figures of a comparison in the order of the page; those without data are left out.

    `argument` may rest on more chips than `study`.
    """
    plates = [
        _plate(
            "codes-stuck", group, "Weight codes and stuck cells", _stuck_caption(study), partial(codes_stuck, study)
        ),
        _plate("codes-yield", group, "Yield", _yield_caption(study), partial(codes_yield, study)),
        _plate(
            "codes-spread", group, "Weight codes and HRS spread", _spread_caption(study), partial(codes_spread, study)
        ),
        _plate("codes-costs", group, "What a code costs", _COSTS, partial(codes_costs, study)),
    ]
    if argument is not None:
        draw = partial(sign_bit, argument, study.levels)
        plates.append(_plate("sign-bit", group, "Four more cells or a sign bit", _DIFFERENCES + argument.claim(), draw))
    if study.groups:
        plates.append(
            _plate(
                "codes-groups",
                group,
                "How many cells a group needs",
                _group_caption(study),
                partial(codes_groups, study),
            )
        )
    return plates


_COSTS = (
    "Medians over virtual chips. Digital reads of sign cells and votes are charged as cell current only; their sense "
    "amplifiers and logic come on top."
)

_DIFFERENCES = "Each stroke is one virtual chip; the dot below is the median, the bar holds 5–95 % of the chips. "


def _plate(id_: str, group: str, title: str, caption: str, draw: Callable[[], Figure]) -> Plate:
    return Plate(id=id_, group=group, title=title, caption=caption, draw=draw)


def _stuck_caption(study: CodeStudy) -> str:
    ends = {facts.name: study.stuck_curve(facts.name) for facts in study.codes}
    if not all(len(points) > 1 for points in ends.values()):
        return "Accuracy against the share of stuck cells, half of them in each state."
    losses = {name: _median(points[0]) - _median(points[-1]) for name, points in ends.items()}
    rate = 100 * next(iter(ends.values()))[-1].setting.stuck
    least, most = min(losses, key=losses.__getitem__), max(losses, key=losses.__getitem__)
    return (
        f"Half of the stuck cells conduct, half do not. From none to {rate:.3g} % the median chip loses "
        f"{losses[least]:.1f} points with {code_name(least, study.levels)} cells and {losses[most]:.1f} with "
        f"{code_name(most, study.levels)}, the extremes."
    )


def _spread_caption(study: CodeStudy) -> str:
    ends = {facts.name: study.sigma_curve(facts.name) for facts in study.codes}
    if not all(len(points) > 1 for points in ends.values()):
        return "Accuracy against the spread of the HRS cells."
    losses = [_median(points[0]) - _median(points[-1]) for points in ends.values()]
    low, high = (next(iter(ends.values()))[i].setting.hrs_sigma for i in (0, -1))
    return (
        f"From σ = {low:g} to {high:g} the median chip loses {min(losses):.1f} to {max(losses):.1f} points, depending "
        "on the code; injectors are trimmed to the mean cell at each spread."
    ).replace("-", "−")


def _yield_caption(study: CodeStudy) -> str:
    return (
        f"A chip is good if it reads at most {100 * study.yield_within:.3g} points less than the ideal chip "
        f"({100 * study.ideal_accuracy:.1f} %); {study.n_chips} virtual chips a point."
    )


def _group_caption(study: CodeStudy) -> str:
    best = max(study.groups, key=lambda group: group.chips.accuracy_percent()[1])
    return (
        "The network is quantised anew for each size, and a full group stays one threshold, so more cells mean finer "
        f"weights and an average over more cells. The best median is {best.chips.accuracy_percent()[1]:.1f} % at "
        f"{best.levels} cells per polarity (grey band: this chip, {study.levels})."
    )


def _median(point: CodePoint) -> float:
    return point.chips.accuracy_percent()[1]
