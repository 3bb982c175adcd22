"""Populations: chips differ, numbers do not depend on how many are asked for, an interrupt keeps what is there."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.errors import ParameterError
from spikecim.experiments.material import material, network_for
from spikecim.explore.population import run_population
from spikecim.results.population import Population, interval


@pytest.fixture(scope="module")
def scene() -> dict:
    chip = load_chip("spirit")
    test = material(chip, "digits", "test", limit=60)
    trains = chip.rate_code().encode(test.values, 0)
    return {"chip": chip, "network": network_for(chip, "digits"), "trains": trains, "labels": test.labels}


def test_chips_differ_and_do_not_depend_on_their_number(scene: dict) -> None:
    three, two = (run_population(**scene, n_chips=n) for n in (3, 2))
    np.testing.assert_array_equal(three.accuracy[:2], two.accuracy)
    np.testing.assert_array_equal(three.core_pj[:2], two.core_pj)
    assert len(np.unique(three.core_pj)) == 3


def test_a_row_is_what_the_emulator_says(scene: dict) -> None:
    population = run_population(**scene, n_chips=2)
    run = Emulator(chip=scene["chip"], network=scene["network"], chip_index=1).run(
        np.zeros((60, 144)), scene["labels"], trains=scene["trains"]
    )
    assert population.accuracy[1, -1] == run.accuracy()
    assert population.input_spikes[1, 3] == run.input_spikes(4)
    assert population.core_pj[1] == pytest.approx(run.ledger().per_sample("core").mean())


def test_interrupt_keeps_finished_chips(scene: dict) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    population = run_population(**scene, n_chips=5, progress=stop)
    assert (population.n_chips, population.requested) == (2, 5)


def test_no_chips_is_refused(scene: dict) -> None:
    with pytest.raises(ParameterError, match="at least 1"):
        run_population(**scene, n_chips=0)


def test_median_chip_and_interval() -> None:
    accuracy = np.array([[0.5], [0.9], [0.7], [0.8]])
    zero = np.zeros(4)
    population = Population(
        accuracy=accuracy, input_spikes=accuracy, output_spikes=accuracy, core_pj=zero, chip_pj=zero,
        synaptic_events=zero, unverified_cells=zero, programming_nj=zero, requested=4,
    )  # fmt: skip
    assert population.median_chip() == 2
    low, middle, high = interval(np.arange(101.0))
    assert (low, middle, high) == (5.0, 50.0, 95.0)
