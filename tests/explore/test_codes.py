"""Weight codes on virtual chips: the same chips for all, the same numbers as a population, interrupts keep points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.arrays.codes import CODES
from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.conversion.tanh_if import convert_tanh
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError
from spikecim.experiments.material import material, network_for
from spikecim.explore.code_settings import SIGMAS, SIGMAS_FINE, STUCK, STUCK_FINE, jobs_of, own_setting
from spikecim.explore.codes import CodeScene, study_codes
from spikecim.explore.population import run_population
from spikecim.network import Network
from spikecim.results.codes import SPIRIT_CODE, TRIPLE_SIGN, CellSetting
from spikecim.results.sign_bit import ARGUED_AGE_S, sign_bit_argument


@pytest.fixture(scope="module")
def scene() -> CodeScene:
    chip = load_chip("spirit")
    test = material(chip, "digits", "test", limit=60)
    return CodeScene(
        chip="spirit",
        network=network_for(chip, "digits"),
        values=test.values,
        labels=test.labels,
        trains=chip.rate_code().encode(test.values, 0),
        ideal_accuracy=0.9,
        n_chips=2,
    )


def coarse(levels: int) -> Network:
    real = np.random.default_rng(0).normal(0, 0.5, (144, 10))
    return convert_tanh(real, levels)


def test_a_point_is_what_a_population_says(scene: CodeScene) -> None:
    study = study_codes(scene, codes=(TRIPLE_SIGN,), stuck=(0.02,), sigmas=())
    point = study.at(TRIPLE_SIGN, CellSetting(stuck_lrs=0.01, stuck_hrs=0.01, hrs_sigma=1.0))
    assert point is not None
    chip = load_chip("spirit", {"synapse.code": TRIPLE_SIGN, "cell.stuck_lrs": 0.01, "cell.stuck_hrs": 0.01})
    same = run_population(chip, scene.network, scene.trains, scene.labels, n_chips=2)
    np.testing.assert_array_equal(point.chips.accuracy, same.accuracy[:, -1])
    np.testing.assert_array_equal(point.chips.core_pj, same.core_pj)
    np.testing.assert_array_equal(point.chips.input_spikes, same.input_spikes[:, -1])
    np.testing.assert_array_equal(point.chips.programming_nj, same.programming_nj)
    assert (point.chips.cell_pj < point.chips.core_pj).all()


def test_chips_share_all_but_their_cells(scene: CodeScene) -> None:
    one, two = (
        build(load_chip("spirit", {"synapse.code": code}), scene.network, 0, 1) for code in CODES if "sign-" in code
    )
    np.testing.assert_array_equal(one.program.threshold_up, two.program.threshold_up)
    np.testing.assert_array_equal(one.program.reset_down, two.program.reset_down)
    assert (one.program.charge != two.program.charge).any()


def test_every_setting_once_and_all_codes_of_one_together() -> None:
    chip = load_chip("spirit")
    jobs = list(jobs_of(chip, tuple(CODES), STUCK_FINE, SIGMAS_FINE))
    assert len(jobs) == len(set(jobs))
    settings = list(dict.fromkeys(setting for _, setting in jobs))
    assert settings[0] == own_setting(chip)
    assert [setting for _, setting in jobs] == sorted((s for _, s in jobs), key=settings.index)
    assert {s.stuck for s in settings if s.stuck_lrs == s.stuck_hrs and s.hrs_sigma == 1.0 and not s.after_s} == {
        *STUCK_FINE,
        0.004,
    }
    assert {s.hrs_sigma for s in settings if s.stuck == 0.004} == set(SIGMAS_FINE)
    assert set(STUCK) <= set(STUCK_FINE)
    assert set(SIGMAS) <= set(SIGMAS_FINE)


def test_the_argument_can_be_read_from_the_shortest_study(scene: CodeScene) -> None:
    study = study_codes(scene, stuck=(), sigmas=())
    argument = sign_bit_argument(study)
    assert argument is not None
    assert argument.cells == {SPIRIT_CODE: 8, TRIPLE_SIGN: 7, "sign-magnitude-single": 5}
    own = study.at(SPIRIT_CODE, study.nominal)
    rival = study.at(TRIPLE_SIGN, study.nominal)
    assert own is not None
    assert rival is not None
    np.testing.assert_array_equal(argument.headline.points, 100.0 * (own.chips.accuracy - rival.chips.accuracy))


def test_aged_chips_are_the_same_chips_later(scene: CodeScene) -> None:
    argument = sign_bit_argument(study_codes(scene, stuck=(), sigmas=()))
    assert argument is not None
    assert argument.aged is not None
    trains, labels = scene.trains, scene.labels
    later = [
        build(load_chip("spirit", {"synapse.code": code}), scene.network, 0, 1).after(ARGUED_AGE_S)
        for code in (SPIRIT_CODE, TRIPLE_SIGN)
    ]
    right = [(EventEngine().run(chip.program, trains).decisions.winners[:, -1] == labels).mean() for chip in later]
    assert argument.aged[0].points[1] == pytest.approx(100 * (right[0] - right[1]))


def test_a_chip_without_relaxation_is_not_aged() -> None:
    chip = load_chip("spirit", {"cell.relaxation.switch": "off"})
    jobs = list(jobs_of(chip, (SPIRIT_CODE,), (), ()))
    assert all(setting.after_s == 0 for _, setting in jobs)
    assert any(setting.after_s for _, setting in jobs_of(load_chip("spirit"), (SPIRIT_CODE,), (), ()))


def test_facts_by_hand(scene: CodeScene) -> None:
    study = study_codes(replace(scene, n_chips=1), stuck=(), sigmas=())
    facts = {facts.name: facts for facts in study.codes}
    weights = np.abs(scene.network.weights.astype(float))
    assert facts[SPIRIT_CODE].n_cells == 11_520
    assert facts[SPIRIT_CODE].error_per_stuck == pytest.approx(4.0)
    assert facts["sign-magnitude-single"].error_per_stuck == pytest.approx(2.0 + weights.mean())
    assert facts["triplicated-majority"].worst_single_fault == 0.0


def test_a_full_group_is_one_threshold_whatever_its_size(scene: CodeScene) -> None:
    full = np.zeros((144, 10), np.int8)
    for levels in (1, 2, 8):
        full[0] = levels
        chip = load_chip("spirit-ideal", {"synapse.levels": levels, "injectors.full_weight": levels})
        program = build(chip, Network(weights=full), 0).program
        np.testing.assert_array_equal(program.charge[0, 0], program.threshold_up)


def test_group_sizes_are_run_with_their_own_network(scene: CodeScene) -> None:
    asked: list[int] = []

    def network(levels: int) -> Network:
        asked.append(levels)
        return coarse(levels)

    study = study_codes(
        replace(scene, n_chips=1), codes=(SPIRIT_CODE,), stuck=(), sigmas=(), network_for_levels=network
    )
    assert asked == list(range(1, 9))
    assert [group.n_cells for group in study.groups] == [2880 * levels for levels in asked]
    energy = [float(group.chips.programming_nj[0]) for group in study.groups]
    assert energy == sorted(energy)
    assert not study.interrupted


def test_interrupt_keeps_finished_chips(scene: CodeScene) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    study, whole = study_codes(scene, progress=stop), study_codes(scene)
    assert (study.n_chips, study.requested, study.interrupted) == (1, 2, True)
    assert len(study.points) == len(whole.points)
    for point, other in zip(study.points, whole.points, strict=True):
        np.testing.assert_array_equal(point.chips.accuracy, other.chips.accuracy[:1])

    def at_once(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study_codes(scene, progress=at_once)


def test_same_seed_same_study_and_another_seed_another(scene: CodeScene) -> None:
    one, two, other = (
        study_codes(replace(scene, seed=seed), codes=(SPIRIT_CODE,), stuck=(), sigmas=()) for seed in (0, 0, 1)
    )
    for first, second in zip(one.points, two.points, strict=True):
        np.testing.assert_array_equal(first.chips.core_pj, second.chips.core_pj)
    assert (one.points[0].chips.core_pj != other.points[0].chips.core_pj).all()


@pytest.mark.parametrize(
    ("codes", "changes", "words"),
    [
        (("unary-bipolarr",), {}, "did you mean 'unary-bipolar'"),
        ((), {}, "no weight code"),
        ((SPIRIT_CODE,), {"n_chips": 0}, "at least 1"),
    ],
)
def test_bad_input_is_one_clear_line(scene: CodeScene, codes: tuple[str, ...], changes: dict, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ParameterError, match=words) as caught:
        study_codes(replace(scene, **changes), codes=codes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("stuck", "sigmas"), [((2.5,), ()), ((-0.1,), ()), ((), (-1.0,)), ((), (99.0,))])
def test_rates_and_spreads_out_of_range_are_refused(
    scene: CodeScene, stuck: tuple[float, ...], sigmas: tuple[float, ...]
) -> None:
    with pytest.raises(ParameterError, match=r"cell\.(stuck|hrs)"):
        study_codes(replace(scene, n_chips=1), codes=(SPIRIT_CODE,), stuck=stuck, sigmas=sigmas)
