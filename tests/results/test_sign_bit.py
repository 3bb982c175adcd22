"""The sign bit argument: differences by hand, parts that sum exactly, and sentences that follow the numbers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from spikecim.results.codes import SINGLE_SIGN, SPIRIT_CODE, TRIPLE_SIGN, CellSetting, CodeStudy
from spikecim.results.codes_data import code_rows, codes_json
from spikecim.results.sign_bit import ARGUED_RATE, PairedDifference, sign_bit_argument
from tests.results.codes import NOMINAL, made_up


def linear(fault_cost: float, spread_cost: float, offset: float, both: float = 0.0, single: float = 0.0):  # type: ignore[no-untyped-def]
    """4 + 4 loses so much to the triple sign by each cause, in points; a single sign loses `single` to faults."""

    def accuracy(code: str, setting: CellSetting) -> float:
        faulty, spread = setting.stuck / ARGUED_RATE, setting.hrs_sigma
        if code == SPIRIT_CODE:
            return 0.85 - 0.01 * (offset + fault_cost * faulty + spread_cost * spread + both * faulty * spread)
        return 0.85 - 0.01 * single * faulty * (code == SINGLE_SIGN)

    return accuracy


def test_causes_by_hand() -> None:
    argument = sign_bit_argument(made_up(linear(0.5, 0.3, -0.1, both=0.2, single=2.0)))
    assert argument is not None
    # 1 % stuck, sigma 1: -(0.5 + 0.3 - 0.1 + 0.2); the joint part is halved between the causes.
    expected = {"total": -0.9, "faults": -0.6, "hrs_spread": -0.4, "rest": 0.1}
    for name, points in expected.items():
        np.testing.assert_allclose(getattr(argument.parts[0], name), points, atol=1e-9)
    np.testing.assert_allclose(argument.faulty[1].points, -0.9 + 2.0, atol=1e-9)
    assert argument.headline.rival == TRIPLE_SIGN
    assert argument.headline.span[1] == pytest.approx(-(0.5 * 0.4 + 0.3 - 0.1 + 0.2 * 0.4))


def test_parts_sum_to_the_total_whatever_the_chips_do() -> None:
    draws = np.random.default_rng(1)
    study = made_up(linear(0, 0, 0))
    study = replace(
        study,
        points=tuple(replace(point, chips=replace(point.chips, accuracy=draws.random(8))) for point in study.points),
    )
    argument = sign_bit_argument(study)
    assert argument is not None
    for part in argument.parts:
        np.testing.assert_allclose(part.faults + part.hrs_spread + part.rest, part.total, atol=1e-12)


@pytest.mark.parametrize(
    ("offset", "holds", "words"),
    [(-0.5, True, "4 + 4 cells are better"), (0.5, False, "a little worse"), (0.0, True, "cannot be told apart")],
)
def test_the_verdict_follows_the_numbers(offset: float, holds: bool, words: str) -> None:
    argument = sign_bit_argument(made_up(linear(0, 0, offset)))
    assert argument is not None
    assert argument.holds is holds
    assert words in argument.claim()
    assert argument.statement().startswith(argument.claim())
    assert "\n" not in argument.statement()


@pytest.mark.parametrize(
    ("single", "words"), [(3.0, "does need its redundancy"), (0.0, "does not show"), (-3.0, "does not help")]
)
def test_redundancy_is_judged_by_the_numbers(single: float, words: str) -> None:
    argument = sign_bit_argument(made_up(linear(0, 0, 0, single=single)))
    assert argument is not None
    assert words in argument.statement()


@pytest.mark.parametrize(
    ("points", "sign"), [([1.0, 1.1, 0.9], 1), ([-1.0, -1.1, -0.9], -1), ([1.0, -1.0, 0.1], 0), ([5.0], 0)]
)
def test_a_difference_needs_two_standard_errors(points: list[float], sign: int) -> None:
    pair = PairedDifference(rival=TRIPLE_SIGN, setting=NOMINAL, points=np.array(points))
    assert pair.sign == sign


@pytest.mark.parametrize("points", [1, 5, 20])
def test_without_its_points_there_is_no_argument(points: int) -> None:
    assert sign_bit_argument(made_up(linear(0, 0, 0), points=points)) is None


def strict(study: CodeStudy) -> dict:  # type: ignore[type-arg]
    return json.loads(json.dumps(codes_json(study), allow_nan=False))  # type: ignore[no-any-return]


def test_data_is_strict_and_whole() -> None:
    study = made_up(linear(0, 0, 0))
    data = strict(study)
    assert len(data["points"]) == len(study.points)
    assert len(data["groups"]) == 3
    assert not data["interrupted"]
    assert data["sign_bit_argument"]["holds"] is True
    assert data["points"][0]["accuracy_percent_median"] == pytest.approx(85.0)
    # By hand: chips from 84 to 86 % in even steps, good from 85 % on.
    assert data["points"][0]["yield_percent"] == 50.0
    table = code_rows(study)
    assert len(table) == len(study.points) + 3
    assert {tuple(row) for row in table} == {tuple(table[0])}


def test_one_chip_and_an_interrupted_study_are_data_too() -> None:
    data = strict(made_up(linear(0, 0, 0), n_chips=1))
    assert data["sign_bit_argument"]["differences"][0]["points_standard_error"] is None
    cut = strict(made_up(linear(0, 0, 0), points=2, groups=0))
    assert cut["interrupted"] or cut["sign_bit_argument"] is None
    assert "single virtual chip" in strict(made_up(linear(0, 0, 0), n_chips=1))["sign_bit_argument"]["statement"]


def test_curves_are_sorted_and_at_the_chips_own_other_values() -> None:
    study = made_up(linear(0, 0, 0))
    stuck = [point.setting.stuck for point in study.stuck_curve(SPIRIT_CODE)]
    assert stuck == sorted(stuck)
    assert {0.0, 0.004, ARGUED_RATE, 0.05} == set(stuck)
    assert [p.setting.hrs_sigma for p in study.sigma_curve(SPIRIT_CODE)] == [0.0, 1.0, 1.5]
