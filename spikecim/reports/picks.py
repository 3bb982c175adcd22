"""Which images to show, chosen by rule, and what to say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.wording import several

if TYPE_CHECKING:
    from spikecim.results.run import RunResult

KINDS = {
    "easy": (
        "An easy one",
        "Right, with fewer input spikes than nine in ten of the others; pale spikes come too late to be paid for.",
    ),
    "close": ("A close one", "Right, and of all images read right the last to be decided."),
    "wrong": (
        "A wrong one",
        "Decided for another class, after the median number of input spikes of all such mistakes.",
    ),
    "time-out": (
        "A time-out",
        "The first image of the set on which the lead never reached the margin: the best score at the end wins.",
    ),
}


def pick_images(run: RunResult) -> dict[str, int]:
    """Choose up to four telling samples by the rules in `KINDS`, so that the same run shows the same images."""
    spikes, reached, right = run.record.delivered, run.record.decisions.reached[:, -1], run.correct()
    late = np.flatnonzero(~reached)
    chosen = {
        "easy": _ranked(np.flatnonzero(right & reached), spikes, 0.1),
        "close": _ranked(np.flatnonzero(right & reached), run.record.decisions.durations[:, -1], 1.0),
        "wrong": _ranked(np.flatnonzero(~right & reached), spikes, 0.5),
        "time-out": int(late[0]) if len(late) else None,
    }
    result: dict[str, int] = {}
    for kind, sample in chosen.items():
        # One image cannot be both the easiest and the closest.
        if sample is not None and sample not in result.values():
            result[kind] = sample
    return result


def _ranked(samples: np.ndarray, by: np.ndarray, rank: float) -> int | None:
    if not len(samples):
        return None
    order = samples[np.argsort(by[samples], kind="stable")]
    return int(order[round(rank * (len(order) - 1))])


def describe_image(run: RunResult, sample: int) -> list[str]:
    """Three short lines: label and decision, when, at the price of how many input spikes."""
    decisions = run.record.decisions
    reached = bool(decisions.reached[sample, -1])
    spent, offered = int(run.record.delivered[sample]), int(run.trains.counts()[sample])
    own = slice(run.record.offsets[sample], run.record.offsets[sample + 1])
    score = np.zeros(max(run.program.n_out, 2), int)
    np.add.at(score, run.record.neurons[own], run.record.signs[own].astype(int))
    second, best = np.sort(score)[-2:]
    microseconds = decisions.durations[sample, -1] * run.program.tick_s * 1e6
    return [
        f"label {int(run.labels[sample])}, read as {int(run.record.winners[sample])}",
        f"{'decided' if reached else 'time-out'} after {microseconds:,.0f} µs with a lead of {best - second}",
        f"{spent:,} of {several(offered, 'input spike')} used",
    ]
