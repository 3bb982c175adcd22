"""The data of the interactive race: which images, and each one's exact trace packed for the browser."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spikecim.neurons.dual_threshold import unit_electrons
from spikecim.reports.pixels import grid_of
from spikecim.results.decision_trace import ImageTrace, check_sample, trace_images

if TYPE_CHECKING:
    from spikecim.results.run import RunResult

WRONG, CLOSE, OTHER = 0, 1, 2
GROUPS = ("read wrong", "right, but close", "right")
SHARES = (0.5, 0.25)  # of the places: at most this part misread, at most this part close
PER_UNIT = 100  # membranes travel in hundredths of a weight unit
MOST_BYTES = 1_900_000  # text of all packed images
_BATCH = 25


def choose_images(run: RunResult, n_images: int, first: int | None = None) -> list[tuple[int, int]]:
    """Choose samples and their group: misread ones first, closest race first, then close ones, then others.

    Up to half of the places go to misread images and a quarter to close ones; a group that cannot fill its places
    leaves them to the next. Close are those that ended with the smallest lead, or, decided, the latest. The others
    are spread evenly over the run.

    Parameters
    ----------
    first : int, optional
        A sample that is on the list whatever its group, at its top.
    """
    order, right = _closest_first(run), run.correct()
    places = min(n_images, run.n_samples)
    wrong = order[~right[order]]
    close = order[right[order]]
    n_wrong = min(len(wrong), max(round(places * SHARES[0]), places - len(close)))
    n_close = min(len(close), round(places * SHARES[1]))
    rest = np.sort(close[n_close:])
    n_rest = min(len(rest), places - n_wrong - n_close)
    spread = rest[np.arange(n_rest) * len(rest) // max(n_rest, 1)]
    chosen = [(int(sample), WRONG) for sample in wrong[:n_wrong]]
    chosen += [(int(sample), CLOSE) for sample in close[:n_close]]
    chosen += [(int(sample), OTHER) for sample in spread]
    if first is None:
        return chosen
    own = next((kind for sample, kind in chosen if sample == first), OTHER if right[first] else WRONG)
    return [(first, own), *(pair for pair in chosen if pair[0] != first)][: max(places, 1)]


def race_data(run: RunResult, n_images: int, first: int | None = None) -> dict[str, Any]:
    """Everything the page needs, as plain data.

    Images that would make the page heavier than `MOST_BYTES` are left out, from the end of the list.

    Raises
    ------
    ParameterError
        If the run has no images, or no image `first`.
    ResultFileError
        If what the program does is not what the run recorded.
    """
    check_sample(run, 0 if first is None else first)
    program, unit = run.program, unit_electrons(run.chip.neuron, run.chip.injectors.full_weight.value)
    rows, columns = grid_of(program.n_in)
    images = _images(run, choose_images(run, n_images, first), unit)
    return {
        "n_in": program.n_in,
        "n_out": program.n_out,
        "rows": rows,
        "columns": columns,
        "n_samples": run.n_samples,
        "tick_us": program.tick_s * 1e6,
        "n_ticks": program.n_ticks,
        "delta_s": program.delta_s,
        "refractory": max(program.refractory_ticks, 1),
        "unit": unit,
        "per_unit": PER_UNIT,
        "up": _units(program.threshold_up, unit),
        "down": _units(program.threshold_down, unit),
        "rail": max(_units(program.rail_high, unit) + _units(program.rail_low, unit)),
        "groups": list(GROUPS),
        "weights": packed(program.charge),
        "images": images,
    }


def packed(array: NDArray[np.integer]) -> str:
    """Whole numbers as text: int32, little end first, the four bytes of all numbers apart, zlib, base64."""
    planes = np.ascontiguousarray(array, "<i4").reshape(-1).view(np.uint8).reshape(-1, 4).T
    return base64.b64encode(zlib.compress(np.ascontiguousarray(planes).tobytes(), 9)).decode()


def unpacked(text: str) -> NDArray[np.int32]:
    """What `packed` packed, flat."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(4, -1)
    return np.ascontiguousarray(planes.T).view("<i4").reshape(-1).astype(np.int32)


def _closest_first(run: RunResult) -> NDArray[np.int64]:
    """All samples: smallest lead at the end first, then the longest race."""
    record = run.record
    scores = np.zeros((run.n_samples, max(run.program.n_out, 2)), np.int64)
    np.add.at(scores, (record.samples(), record.neurons), record.signs)
    second, best = np.partition(scores, -2, axis=1)[:, -2:].T
    # A reached margin is a margin: how far the last spike overshot it says nothing about closeness.
    lead = np.minimum(best - second, run.program.delta_s or best.max(initial=0) - second.min(initial=0))
    return np.asarray(np.lexsort((np.arange(run.n_samples), -record.decisions.durations[:, -1], lead)))


def _images(run: RunResult, chosen: list[tuple[int, int]], unit: int) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = []
    total = 0
    for start in range(0, len(chosen), _BATCH):
        part = chosen[start : start + _BATCH]
        traces = trace_images(run, [sample for sample, _ in part])
        for trace, (_, kind) in zip(traces, part, strict=True):
            image = _image(run, trace, kind, unit)
            total += len(image["data"])
            if images and total > MOST_BYTES:
                return images
            images.append(image)
    return images


def _image(run: RunResult, trace: ImageTrace, kind: int, unit: int) -> dict[str, Any]:
    """One image: what its list entry needs, and the rest packed in the order that race.js reads."""
    steps = np.arange(len(trace.ticks) + 1)
    places = [np.searchsorted(trace.ticks, events[:, 0]) for events in (trace.inputs, trace.outputs)]
    counts = [np.bincount(place, minlength=len(steps) - 1) for place in places]
    codes = [2 * events[:, 1] + (events[:, 2] < 0) for events in (trace.inputs, trace.outputs)]
    parts = (
        np.rint(255 * np.clip(run.values[trace.sample], -1, 1)),
        np.diff(trace.ticks, prepend=0),
        *counts,
        *codes,
        np.rint(trace.charge * (PER_UNIT / unit)).ravel(),
    )
    return {
        "sample": trace.sample,
        "label": trace.label,
        "winner": trace.winner,
        "second": trace.second,
        "group": kind,
        "reached": trace.reached,
        "lead": trace.final_lead,
        "duration": trace.duration,
        "offered": trace.offered,
        "sizes": [len(trace.ticks), len(trace.inputs), len(trace.outputs)],
        "data": packed(np.concatenate(parts).astype(np.int32)),
    }


def _units(electrons: NDArray[np.int32], unit: int) -> list[float]:
    return [round(float(value) / unit, 4) for value in electrons]
