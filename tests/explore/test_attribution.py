"""Attribution end to end on small data: the parts explain the whole, and every count is a chip that was run."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.emulator import Emulator
from spikecim.errors import ParameterError
from spikecim.experiments.material import Material, material, network_for
from spikecim.explore.attribution import Attributor
from spikecim.explore.causes import chip_with
from spikecim.explore.population import run_population
from spikecim.results.attribution import CORRECT, SPIKES, Attribution
from spikecim.training.perceptron import accuracy

CHIP = load_chip("spirit")
NETWORK = network_for(CHIP, "digits")
HOUR = 3600.0
CHIPS = 3


@pytest.fixture(scope="module")
def digits() -> Material:
    return material(CHIP, "digits", "test", limit=200)


def attributor(test: Material, **changes: object) -> Attributor:
    settings = {"chip": CHIP, "network": NETWORK, "values": test.values, "labels": test.labels, "age": HOUR, "seed": 1}
    return Attributor(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(digits: Material) -> Attribution:
    return attributor(digits).run(CHIPS)


def number(found: Attribution, name: str) -> int:
    return [player.name for player in found.players].index(name)


@pytest.mark.parametrize("metric", [CORRECT, SPIKES])
def test_shares_sum_to_the_whole_change_to_the_last_bit(found: Attribution, metric: int) -> None:
    total = sum((share.exact for share in found.shares(metric)), Fraction(0))
    assert total == found.total(metric)
    expected = np.mean(found.per_image(found.full, metric)) - found.per_image(found.paper, metric)
    assert float(total) == pytest.approx(-expected if metric == CORRECT else expected)


@pytest.mark.parametrize("metric", [CORRECT, SPIKES])
def test_both_levels_sum_by_themselves(found: Attribution, metric: int) -> None:
    shares = found.shares(metric)
    for design in (True, False):
        level = sum(share.exact for share in shares if share.player.design == design)
        assert float(level) == pytest.approx(found.level(metric, design=design).mean)


def test_each_chip_is_explained_without_rest(found: Attribution) -> None:
    np.testing.assert_array_equal(found.joined.sum(0), found.full - found.ideal)


def test_the_paper_network_is_the_formal_one(found: Attribution, digits: Material) -> None:
    assert NETWORK.real is not None
    right = accuracy(NETWORK.real.astype(np.float64), digits.values, digits.labels)
    assert found.paper[CORRECT] == round(200 * right)
    # Without early stop every image takes the whole window.
    per_window = CHIP.coding.window.value / CHIP.coding.full_scale_period.value
    assert found.paper[SPIKES] == round(digits.values.sum() * per_window)


def test_the_ideal_end_is_the_ideal_twin(found: Attribution, digits: Material) -> None:
    run = Emulator(chip=ideal_twin("spirit"), network=NETWORK, seed=1).run(digits.values, digits.labels)
    assert found.ideal[CORRECT] == round(200 * run.accuracy())
    assert found.ideal[SPIKES] == round(200 * run.input_spikes())


def test_a_fresh_chip_with_all_causes_is_the_population(digits: Material) -> None:
    fresh = attributor(digits, age=0.0).run(2)
    trains = CHIP.rate_code().encode(digits.values, 1)
    population = run_population(CHIP, NETWORK, trains, digits.labels, n_chips=2, seed=1)
    np.testing.assert_array_equal(fresh.full[:, CORRECT], np.rint(200 * population.accuracy[:, -1]))
    np.testing.assert_array_equal(fresh.full[:, SPIKES], np.rint(200 * population.input_spikes[:, -1]))
    relaxation = fresh.shares(CORRECT)[number(fresh, "relaxation")]
    assert not relaxation.player.active
    assert relaxation.exact == relaxation.alone.mean == relaxation.removed.mean == 0


def test_alone_and_removed_are_those_chips(found: Attribution, digits: Material) -> None:
    """Comparator offset is no matter of the cells, so a fresh chip of the other causes checks it through `build`."""
    trains = CHIP.rate_code().encode(digits.values, 1)
    lonely = run_population(chip_with(CHIP, {"offset"}), NETWORK, trains, digits.labels, n_chips=CHIPS, seed=1)
    hardware = number(found, "offset") - found.n_design
    np.testing.assert_array_equal(found.alone[hardware, :, SPIKES], np.rint(200 * lonely.input_spikes[:, -1]))


def test_a_dummy_player_is_exactly_zero(found: Attribution) -> None:
    leak = number(found, "leak")
    assert not found.players[leak].active
    for metric in (CORRECT, SPIKES):
        share = found.shares(metric)[leak]
        assert share.exact == 0
        for effect in (share.shapley, share.alone, share.removed):
            assert (effect.mean, effect.p5, effect.p95) == (0, 0, 0)


def test_a_leaky_chip_has_no_dummy(digits: Material) -> None:
    chip = load_chip("spirit", {"neuron.leak_current": "1 nA"})
    leaky = attributor(digits, chip=chip).run(1)
    share = leaky.shares(SPIKES)[number(leaky, "leak")]
    assert share.player.active
    assert share.removed.mean > 0


def test_chips_do_not_depend_on_how_many_are_asked_for(found: Attribution, digits: Material) -> None:
    two = attributor(digits).run(2)
    for name in ("joined", "alone", "removed"):
        np.testing.assert_array_equal(getattr(two, name), getattr(found, name)[:, :2])
    np.testing.assert_array_equal(two.design_alone, found.design_alone)


def test_a_network_without_real_weights_has_one_player_less(digits: Material) -> None:
    whole = attributor(digits, network=replace(NETWORK, real=None)).run(1)
    assert [player.name for player in whole.players][:2] == ["rate_coding", "refractory"]
    assert sum(share.exact for share in whole.shares(CORRECT)) == whole.total(CORRECT)
    right = accuracy(NETWORK.weights, digits.values, digits.labels)
    assert whole.paper[CORRECT] == round(200 * right)


def test_an_interrupt_keeps_whole_chips(found: Attribution, digits: Material) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "virtual chips" and done == 2:
            raise KeyboardInterrupt

    kept = attributor(digits, progress=stop).run(CHIPS)
    assert (kept.n_chips, kept.requested) == (2, CHIPS)
    np.testing.assert_array_equal(kept.full, found.full[:2])
    assert sum(share.exact for share in kept.shares(SPIKES)) == kept.total(SPIKES)


def test_an_interrupt_before_the_first_chip_is_passed_on(digits: Material) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "virtual chips":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attributor(digits, progress=stop).run(2)


def test_bad_requests_are_refused(digits: Material) -> None:
    with pytest.raises(ParameterError, match="must be at least 1, got 0"):
        attributor(digits).run(0)
    with pytest.raises(ParameterError, match="relaxation is stated for"):
        attributor(digits, age=1e12).run(1)


def test_an_ideal_chip_has_nothing_to_attribute_to_its_hardware(digits: Material) -> None:
    ideal = attributor(digits, chip=ideal_twin("spirit"), age=0.0).run(2)
    assert not any(player.active for player in ideal.players[ideal.n_design :])
    np.testing.assert_array_equal(ideal.full, np.stack([ideal.ideal] * 2))
    assert sum(share.exact for share in ideal.shares(SPIKES)) == ideal.total(SPIKES)
