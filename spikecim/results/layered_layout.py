"""What the file of a run through several layers holds, and what must agree in it (in words: docs/run-format.md)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ResultFileError
from spikecim.layered.record import TALLIES
from spikecim.program import MOST_TICKS
from spikecim.results.layered_run import LayeredRun
from spikecim.results.layout import within

FORMAT, SCHEMA = "spikecim-layered-run", 1
_PER_SAMPLE, _MARGINS, _LAYERS, _TIMERS = ("n_samples",), ("n_samples", "n_margins"), ("n_layers",), ("n_timers",)
_COUNTS = ("n_samples", "n_layers")
RUN: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "samples/labels": ("int16", _PER_SAMPLE),
    "samples/ann_winners": ("int16", _PER_SAMPLE),
    "decisions/winners": ("int16", _MARGINS),
    "decisions/reached": ("bool", _MARGINS),
    "decisions/durations": ("int32", _MARGINS),
    "decisions/tallies": ("int64", (*_MARGINS, "n_layers", len(TALLIES))),
}
# Numbers of a layer, of its place on the chip, and of the rows that its timer reads.
LAYERS: dict[str, str] = dict.fromkeys(("n_in", "n_out", "cells_per_group", "n_cells", "n_weights", "macs"), "int64")
SITES: dict[str, str] = {"slices": "int64", "words_per_spike": "int64", "cores": "float64"}
TIMERS: dict[str, str] = dict.fromkeys(("start", "period", "stop", "cells", "electrons"), "int64")
OWNER = "timers/layer"
ARRAYS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    **RUN,
    **{f"layers/{name}": (kind, _LAYERS) for name, kind in (LAYERS | SITES).items()},
    OWNER: ("int64", _TIMERS),
    **{f"timers/{name}": (kind, _TIMERS) for name, kind in TIMERS.items()},
}
# Written for readers without spikecim, who cannot count; loading counts again instead of believing them.
ACTIONS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    **{
        f"actions/{name}": ("int64", _COUNTS)
        for name in (
            "input_words",
            "output_words",
            "cell_reads",
            "cell_electrons",
            "synaptic_events",
            "injector_pulses",
            "comparator_decisions",
            "reset_packets",
            "core_words",
        )
    },
    "actions/ticks": ("int64", _PER_SAMPLE),
}
# Attributes of the group "program", which has early_stop too, and delta_s if that is true.
NUMBERS = {"n_ticks": "int64", "programming_nj": "float64"}
TEXTS = ("network", "conversion")

_MOST = 2**62  # a product of two counts that the ledger forms stays below this
_MOST_CLASSES, _MOST_MARGIN, _MOST_TIME = 2**15, 1000, 2**31 - 1


def check_layered_run(run: LayeredRun) -> LayeredRun:
    """Return `run`, or raise naming the first part on which counts would stumble.

    Raises
    ------
    ResultFileError
    """
    within("program/n_ticks", run.n_ticks, 1, MOST_TICKS)
    if run.delta_s is not None:
        within("program/delta_s", run.delta_s, 1, _MOST_MARGIN)
    if not 0 <= run.programming_nj < np.inf:
        raise ResultFileError(f"program/programming_nj: {run.programming_nj} is not an energy")
    if not run.n_samples:
        raise ResultFileError("samples: holds none")
    _check_layers(run)
    _check_decisions(run)
    _check_tallies(run)
    return run


def _check_layers(run: LayeredRun) -> None:
    if not run.layers:
        raise ResultFileError("layers: holds none")
    for name in LAYERS:
        within(f"layers/{name}", [getattr(layer, name) for layer in run.layers], 1, _MOST)
    slices = np.array([site.slices for site in run.sites])
    within("layers/slices", slices, 1, 4)
    within("layers/words_per_spike", [site.words_per_spike for site in run.sites], 1, 1_000_000)
    if not all(0 < site.cores <= 1_000_000 for site in run.sites):
        raise ResultFileError("layers/cores: must be finite numbers above 0")
    if (np.array([layer.cells_per_group for layer in run.layers]) % slices).any():
        raise ResultFileError("layers/cells_per_group: must be a multiple of layers/slices")
    for before, after in zip(run.layers, run.layers[1:], strict=False):
        if before.n_out != after.n_in:
            raise ResultFileError(
                f"layers/n_in: layer {after.name} takes {after.n_in} lines, {before.name} has {before.n_out} neurons"
            )
    for timer in (timer for layer in run.layers for timer in layer.pulses):
        within("timers/start", timer.start, 0, _MOST_TIME)
        within("timers/period", timer.period, 1, _MOST_TIME)
        within("timers/stop", timer.stop, 0, _MOST_TIME)
        within("timers/cells", timer.cells, 0, _MOST // run.n_ticks)
        within("timers/electrons", timer.electrons, 0, _MOST // run.n_ticks)


def _check_decisions(run: LayeredRun) -> None:
    if run.winners.shape[1] != run.n_margins:
        raise ResultFileError(
            f"decisions: {run.winners.shape[1]} margins, the program says {run.n_margins} (delta_s {run.delta_s})"
        )
    last = min(run.layers[-1].n_out, _MOST_CLASSES) - 1
    for place, values in (
        ("samples/labels", run.labels),
        ("samples/ann_winners", run.ann_winners),
        ("decisions/winners", run.winners),
    ):
        within(place, values, 0, last)
    within("decisions/durations", run.durations, 1, run.n_ticks)
    _rising("decisions/durations", run.durations)
    _rising("decisions/reached", ~run.reached)
    if (run.durations[~run.reached] != run.n_ticks).any():
        raise ResultFileError("decisions/durations: a margin never reached must last to the end of the window")


def _check_tallies(run: LayeredRun) -> None:
    place = "decisions/tallies"
    widest = max(layer.cells_per_group for layer in run.layers)
    within(place, run.tallies, 0, _MOST // (2 * widest))
    _rising(place, run.tallies)
    delivered, up, down = (run.tallies[..., TALLIES.index(name)] for name in ("delivered", "up", "down"))
    # A spike reaches the next layer one tick later, so some may still be on their way.
    if (delivered[..., 1:] > (up + down)[..., :-1]).any():
        raise ResultFileError(f"{place}: a layer was brought more spikes than the one before it emitted")


def _rising(place: str, values: NDArray[np.generic]) -> None:
    """A larger margin takes at least as long and as much."""
    if (np.asarray(values)[:, 1:] < np.asarray(values)[:, :-1]).any():
        raise ResultFileError(f"{place}: falls from one margin to the next")
