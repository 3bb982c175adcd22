"""Chips that STDP writes: their charges are those of `build`, every write is one that the cell model makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips.values import set_values
from spikecim.engines.event import EventEngine
from spikecim.engines.plastic import run_plastic
from spikecim.engines.plastic_program import HRS, LRS
from spikecim.engines.plastic_rule import StdpRule, stdp_rule
from spikecim.engines.plastic_teacher import supervised
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.plastic_build import build_plastic, plastic_chip
from spikecim.network import Network, network_from_array
from spikecim.streams import stream
from tests.insitu.spirit.small import N_IN, N_OUT, images, small_chip

NOTHING = stdp_rule(window=0, active=0.0, silent=0.0)


def network(low: int = -4, high: int = 4) -> Network:
    weights = stream(0, "weights").integers(low, high + 1, (N_IN, N_OUT)).astype(np.int8)
    return network_from_array(weights, limit=4, shape=(N_IN, N_OUT), name="random")


def test_charges_are_those_of_the_chip_but_for_rounding_cell_by_cell() -> None:
    chip = build_plastic(small_chip(), network(), NOTHING, seed=1, n_pool=2)
    made, program = chip.made.program, chip.program.program
    # Each of 8 cells is rounded alone, the sum of the chip once.
    assert np.abs(program.charge - made.charge).max() <= 4
    assert np.abs(program.row_electrons - made.row_electrons).max() <= (8 * N_OUT + 1) / 2
    assert (chip.program.weights() == network().weights).all()
    assert program.delta_s is None and chip.program.frozen(10).delta_s == 10


def test_writes_are_drawn_from_the_cell_model() -> None:
    chip = build_plastic(small_chip(), network(), NOTHING, seed=1, n_pool=16)
    spec, ohm = chip.made.chip.cell, chip.made.chip.array.access_resistance.value
    electrons = np.median(chip.program.drawn[LRS]), np.median(chip.program.drawn[HRS])
    medians = spec.lrs.median.value + ohm, spec.hrs.median.value + ohm
    # The verify cut moves the HRS median up, by less than half of it; LRS is hardly cut.
    assert 1.0 / 1.5 < (electrons[0] / electrons[1]) / (medians[1] / medians[0]) < 1.5
    free = ~chip.made.cells.stuck.reshape(chip.program.lrs.shape)
    assert (np.ptp(chip.program.drawn[LRS], -1)[free] > 0).all(), "cycle to cycle"
    assert (np.ptp(chip.program.drawn[:, ~free], (0, -1)) == 0).all(), "a stuck cell answers to no pulse"
    assert chip.pulses.min() >= 1 and chip.pulses.max() <= spec.programming.max_pulses.value


def test_pools_are_named_by_the_chip_and_draws_by_the_seed() -> None:
    made = build(small_chip(), network(), 1)
    one, other = (plastic_chip(made, NOTHING, seed, n_pool=3).program for seed in (1, 2))
    longer = plastic_chip(made, NOTHING, 1, n_pool=5).program
    assert (one.pool == other.pool).all() and one.seed != other.seed
    assert (longer.pool[..., :3] == one.pool).all()


def _trained(rule: StdpRule, n: int) -> tuple[float, float]:
    """Accuracy of a blank chip on other images before and after `n` images with a teacher."""
    chip = small_chip()
    plastic = build_plastic(chip, network(0, 0), rule, seed=1, n_pool=8).program
    lesson, exam, code = images("fit", n), images("exam", 150), chip.rate_code()
    trains, asked = code.encode(lesson.values, 1), code.encode(exam.values, 2)
    full = int(plastic.program.threshold_up.max())
    teacher = supervised(lesson.labels, N_OUT, force=full, period=40, mute_others=True)
    learned = plastic.after(run_plastic(plastic, trains, teacher))
    before, after = (
        float((EventEngine().run(program.frozen(10), asked).winners == exam.labels).mean())
        for program in (plastic, learned)
    )
    return before, after


def test_a_blank_chip_learns_class_templates() -> None:
    rule = stdp_rule(window=round(small_chip().rate_code().full_scale_ticks), active=0.02, silent=0.01)
    before, after = _trained(rule, 60)
    # Guessing gets 1/3 of 150 images right, give or take 0.19 (five standard deviations).
    assert before < 1 / 3 + 0.19 < after
    assert _trained(NOTHING, 6)[1] == before, "without chances nothing is learned"


def test_what_cannot_learn_is_refused() -> None:
    chip = small_chip()
    with pytest.raises(ParameterError, match="n_pool is 0"):
        build_plastic(chip, network(), NOTHING, 1, n_pool=0)
    signed = set_values(chip, {"synapse.code": "sign-magnitude"})
    with pytest.raises(ParameterError, match="unary-bipolar"):
        build_plastic(signed, network(), NOTHING, 1)
    made = build(chip, network(), 1)
    with pytest.raises(ParameterError, match="has aged"):
        plastic_chip(replace(made, past=made.past.then(60.0, 300.0, 0.0)), NOTHING, 1)
