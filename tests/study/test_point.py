"""A point of a study is the emulator's own run of that chip; order and company of points do not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.errors import ParameterError, SpikecimError
from spikecim.experiments.material import held_out, material, network_for
from spikecim.study.designs import Design, designs_of
from spikecim.study.metrics import METRICS
from spikecim.study.point import Point, chip_of, evaluate, network_on
from tests.study.studies import study


def point(*values: float | int | str, chip: int = 0) -> Point:
    return Point(design=Design(number=0, values=values), chip_index=chip)


def test_a_point_is_what_the_emulator_says() -> None:
    own = study(
        factors={"cell.hrs.sigma_ln": [0.8], "coding.window": ["700 us"]},
        metrics={"report": ["accuracy", "accuracy@3", "input_spikes@3", "core_nj", "chip_nj", "time_us", "cells"]},
    )
    chip = load_chip("spirit", {"cell.hrs.sigma_ln": 0.8, "coding.window": "700 us"})
    images = held_out(material(chip, "digits", "train"), 40)
    run = Emulator(chip=chip, network=network_for(chip, "digits"), chip_index=7).run(images.values, images.labels)
    seen = evaluate(own, point(0.8, 7e-4, chip=7))
    ledger = run.ledger()
    assert seen == {
        "accuracy": run.accuracy(),
        "accuracy@3": run.accuracy(3),
        "input_spikes@3": run.input_spikes(3),
        "core_nj": pytest.approx(ledger.per_sample("core").mean() / 1e3, rel=1e-12),
        "chip_nj": pytest.approx(ledger.per_sample("chip").mean() / 1e3, rel=1e-12),
        "time_us": pytest.approx(float(run.record.decisions.durations[:, -1].mean()), rel=1e-12),
        "cells": 11_520.0,
    }


def test_the_test_set_is_taken_only_when_asked_for() -> None:
    base = {"data": "digits", "images": 40, "chips": 1}
    own = study(base={**base, "split": "test"}, factors={"decision.delta_s": [10]})
    chip = load_chip("spirit")
    images = material(chip, "digits", "test", limit=40)
    run = Emulator(chip=chip, network=network_for(chip, "digits")).run(images.values, images.labels)
    assert evaluate(own, point(10))["accuracy"] == run.accuracy()


def test_company_and_order_do_not_matter() -> None:
    own = study()
    points = [Point(design=design, chip_index=chip) for design in designs_of(own) for chip in (0, 1)]
    forward = [evaluate(own, one) for one in points]
    backward = [evaluate(own, one) for one in reversed(points)][::-1]
    assert forward == backward
    assert len({row["input_spikes"] for row in forward}) == len(points)


def test_redundancy_is_more_cells_for_the_same_weights() -> None:
    own = study(factors={"weights.redundancy": [1, 3]}, metrics={"report": ["accuracy", "cells"]})
    chip = chip_of(own, {"weights.redundancy": 3})
    assert (chip.synapse.levels.value, chip.injectors.full_weight.value) == (12, 12)
    single = network_on(own, chip_of(own, {"weights.redundancy": 1}), {"weights.redundancy": 1})
    triple = network_on(own, chip, {"weights.redundancy": 3})
    np.testing.assert_array_equal(triple.weights, 3 * single.weights)
    assert evaluate(own, point(3))["cells"] == 3 * evaluate(own, point(1))["cells"]


def test_levels_quantise_the_network_anew() -> None:
    own = study(factors={"weights.levels": [2, 4, 6]}, metrics={"report": ["cells"]})
    limits = [
        int(np.abs(network_on(own, chip_of(own, {"weights.levels": n}), {"weights.levels": n}).weights).max())
        for n in (2, 4, 6)
    ]
    assert limits == [2, 4, 6]
    own_levels = network_on(own, chip_of(own, {"weights.levels": 4}), {"weights.levels": 4})
    np.testing.assert_array_equal(own_levels.weights, network_for(load_chip("spirit"), "digits").weights)


def test_age_moves_a_chip() -> None:
    own = study(factors={"chip.age": ["0 s", "1 h"]}, metrics={"report": ["input_spikes", "cell_pj_per_event"]})
    assert evaluate(own, point(0.0)) != evaluate(own, point(3600.0))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_a_finite_number(name: str) -> None:
    own = study(factors={"decision.delta_s": [10]}, metrics={"report": [name]})
    assert np.isfinite(evaluate(own, point(10))[name])


def test_an_impossible_design_says_why() -> None:
    own = study(factors={"weights.levels": [40], "weights.redundancy": [2]})
    with pytest.raises(SpikecimError, match="out of range"):
        evaluate(own, point(40, 2))


def test_a_fixed_network_refuses_other_levels() -> None:
    base = {"data": "digits", "images": 40, "chips": 1, "network": "digits-post-training"}
    own = study(base=base, factors={"weights.levels": [2]})
    with pytest.raises(ParameterError, match=r"base\.network left out"):
        evaluate(own, point(2))


def test_a_chip_file_that_changed_is_noticed() -> None:
    with pytest.raises(ParameterError, match="no longer the one"):
        evaluate(replace(study(factors={"weights.redundancy": [1]}), chip_digest="0" * 16), point(1))
