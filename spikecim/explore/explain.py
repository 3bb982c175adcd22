"""One image of a saved run on its ideal twin and on other virtual chips: same network, same input spikes."""

from __future__ import annotations

import numpy as np

from spikecim.build import build
from spikecim.chips.ideal import ideal_twin
from spikecim.chips.spec import ChipSpec
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.neurons.dual_threshold import unit_electrons
from spikecim.program import Program
from spikecim.results.decision_trace import check_sample, one_record, trace_image
from spikecim.results.explanation import Explanation, Outcome, outcome
from spikecim.results.run import RunResult

OTHERS = 10


def explain(run: RunResult, sample: int, *, n_others: int = OTHERS) -> Explanation:
    """Trace image `sample` of `run`, and run its spikes on the ideal twin and on `n_others` other virtual chips.

    Raises
    ------
    ParameterError
        If the run has no such image, or does not say by which seed and index its chip was drawn.
    ResultFileError
        If what the program does is not what the run recorded.
    EngineError, ShapeError
        If the run's chip description does not take its network or its spikes.
    """
    check_sample(run, sample)
    seed, index = _named(run, "seed"), _named(run, "chip_index")
    trace = trace_image(run, sample)
    own = build(run.chip, run.network, seed, index).program
    others = [number for number in range(n_others + 1) if number != index][:n_others]
    return Explanation(
        trace=trace,
        program=run.program,
        values=run.values[sample],
        unit=unit_electrons(run.chip.neuron, run.chip.injectors.full_weight.value),
        here=outcome("this chip", one_record(run.record, sample), run.program.n_out),
        ideal=_elsewhere(run, sample, "ideal chip", build(ideal_twin(run.chip), run.network, seed, index).program),
        others=tuple(
            _elsewhere(run, sample, f"chip {number}", build(run.chip, run.network, seed, number).program)
            for number in others
        ),
        note=None if _same(own, run.program) else _note(run.chip, seed, index),
    )


def _elsewhere(run: RunResult, sample: int, name: str, program: Program) -> Outcome:
    """Run the image's own spikes; a window keeps the sample's number, and so the name of its read noise."""
    trains = run.trains.window(sample, sample + 1)
    record = get_engine("event").run(program.with_(delta_s=run.program.delta_s), trains)
    return outcome(name, record, program.n_out)


def _named(run: RunResult, setting: str) -> int:
    text = run.settings.get(setting, "")
    if not (text.isascii() and text.isdigit()):
        raise ParameterError(
            f"the run does not say its {setting} (it holds {text!r}, a whole number is needed), so other chips of the "
            "same kind cannot be drawn; repeat it with `spikecim run`"
        )
    return int(text)


def _same(a: Program, b: Program) -> bool:
    names = ("charge", "read_noise", "threshold_up", "threshold_down", "reset_up", "reset_down", "leak")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def _note(chip: ChipSpec, seed: int, index: int) -> str:
    return (
        f"The run's cells and neurons are not those that chip {chip.name}, seed {seed}, index {index} give when "
        "freshly programmed (aged, measured or from another version); the other chips are freshly programmed."
    )
