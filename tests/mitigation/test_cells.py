"""Cell choice in groups: exact against all patterns, better than a thermometer; the corrected build of a chip."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.arrays.codes import CODES, Units
from spikecim.arrays.groups import reference_units
from spikecim.chips.loader import load_chip
from spikecim.devices.oxram import SlcOxram
from spikecim.errors import ParameterError, ShapeError
from spikecim.mitigation.cells import Outlook, choose_cells, felt_weights, outlook_of_stuck
from spikecim.mitigation.chip_cells import CellTask, correct_cells, task_error

UNITS = Units(lrs=1.0, hrs=0.05, reference=0.22)
WEIGHTS = np.arange(-4, 5)


@pytest.mark.parametrize("name", ["unary-bipolar", "sign-magnitude", "sign-magnitude-single"])
def test_good_cells_get_the_codes_own_pattern(name: str) -> None:
    code = CODES[name](levels=4)
    outlook = outlook_of_stuck(np.zeros((9, code.cells_per_weight), np.int8), UNITS)
    np.testing.assert_array_equal(choose_cells(WEIGHTS, code, outlook, UNITS), code.targets(WEIGHTS.astype(np.int8)))


def test_stuck_cells_are_made_up_for() -> None:
    code = CODES["unary-bipolar"](levels=4)
    draw = np.random.default_rng(0)
    weights = draw.integers(-4, 5, 300)
    stuck = draw.choice([-1, 0, 1], p=[0.1, 0.8, 0.1], size=(300, 8)).astype(np.int8)
    chosen = choose_cells(weights, code, outlook_of_stuck(stuck, UNITS), UNITS)

    def errors(targets: np.ndarray) -> np.ndarray:
        states = (targets | (stuck == 1)) & (stuck != -1)
        return np.abs(code.decode(states) - weights)

    # A side reaches every count between its cells stuck in LRS and its cells not stuck in HRS.
    low, high = (stuck == 1).reshape(300, 2, 4).sum(-1), 4 - (stuck == -1).reshape(300, 2, 4).sum(-1)
    least, most = low[:, 0] - high[:, 1], high[:, 0] - low[:, 1]
    np.testing.assert_array_equal(errors(chosen), np.maximum(0, np.maximum(least - weights, weights - most)))
    assert errors(chosen).sum() < 0.5 * errors(code.targets(weights.astype(np.int8))).sum()


def test_measured_cells_are_chosen_as_well_as_by_brute_force() -> None:
    code = CODES["unary-bipolar"](levels=2)
    draw = np.random.default_rng(1)
    mean = np.stack([draw.uniform(0.0, 0.2, (20, 4)), draw.uniform(0.6, 1.4, (20, 4))])
    variance = draw.uniform(0.0, 0.1, mean.shape)
    weights = draw.integers(-2, 3, 20)
    chosen = choose_cells(weights, code, Outlook(mean=mean, variance=variance), UNITS)
    sign = np.array([1, 1, -1, -1])
    for k, weight in enumerate(weights):

        def cost(pattern: tuple[int, ...] | np.ndarray, k: int = k, weight: int = weight) -> float:
            pick = np.asarray(pattern, int)
            felt = (sign * mean[pick, k, np.arange(4)]).sum() / 0.95
            return float((felt - weight) ** 2 + variance[pick, k, np.arange(4)].sum() / 0.95**2)

        assert cost(chosen[k]) == pytest.approx(min(cost(pattern) for pattern in np.ndindex(2, 2, 2, 2)))


def test_bad_input_is_one_line() -> None:
    code = CODES["unary-bipolar"](levels=4)
    good = outlook_of_stuck(np.zeros((9, 8), np.int8), UNITS)
    with pytest.raises(ShapeError, match="is needed for these weights"):
        choose_cells(WEIGHTS[:3], code, good, UNITS)
    with pytest.raises(ParameterError, match="LRS must conduct better"):
        choose_cells(WEIGHTS, code, good, Units(lrs=1.0, hrs=1.0, reference=1.0))
    with pytest.raises(ParameterError, match="at most 16 cells"):
        many = CODES["triplicated-average"](levels=4)
        choose_cells(WEIGHTS, many, outlook_of_stuck(np.zeros((9, 24), np.int8), UNITS), UNITS)
    with pytest.raises(ParameterError, match="allowed are 0"):
        outlook_of_stuck(np.full((1, 8), 3, np.int8), UNITS)
    with pytest.raises(ParameterError, match="variances not below 0"):
        Outlook(mean=np.ones((2, 8)), variance=-np.ones((2, 8)))


@pytest.fixture(scope="module")
def task() -> CellTask:
    chip = load_chip("spirit")
    cell = SlcOxram(spec=chip.cell)
    return CellTask(
        cell=cell,
        code=chip.synapse.weight_code(),
        weights=np.random.default_rng(2).integers(-3, 4, (40, 10)),
        units=reference_units(cell, chip.array),
        access_ohm=chip.array.access_resistance.value,
        seed=7,
        path=("layer0", "program"),
    )


def test_a_chip_gets_nearer_to_its_weights(task: CellTask) -> None:
    fresh = task.cell.program(task.code.targets(task.weights.astype(np.int8)), task.seed, *task.path)
    found = correct_cells(fresh, task, 3)
    felt = felt_weights(1.0 / (found.cells.resistance + task.access_ohm), task.code, task.units)
    assert found.errors[-1] == pytest.approx(np.sqrt(((felt - task.weights) ** 2).mean()))
    # Weights of up to 3 of 4 cells: always one cell in reserve, so the error is well below half.
    assert found.errors[-1] < 0.6 * found.errors[0]
    again = correct_cells(fresh, task, 3)
    np.testing.assert_array_equal(again.cells.resistance, found.cells.resistance)


def test_wires_are_made_up_for_too(task: CellTask) -> None:
    # The far row loses a fifth of its current; the injectors are trimmed on the mean.
    left = np.linspace(1.0, 0.8, len(task.weights))[:, None, None]
    wired = CellTask(
        **{
            **vars(task),
            "read": lambda ohm: left / (ohm + task.access_ohm),
            "gains": np.full((2, 1, 1), 1.0 / left.mean()),
        }
    )
    fresh = task.cell.program(task.code.targets(task.weights.astype(np.int8)), task.seed, *task.path)
    found = correct_cells(fresh, wired, 3)
    felt = felt_weights(left / left.mean() / (found.cells.resistance + task.access_ohm), task.code, task.units)
    assert found.errors[-1] == pytest.approx(np.sqrt(((felt - task.weights) ** 2).mean()))
    assert task_error(fresh, wired) > task_error(fresh, task)
    assert found.errors[-1] < 0.65 * found.errors[0]
    assert found.errors[-1] < task_error(correct_cells(fresh, task, 3).cells, wired)


def test_mismatch_of_injectors_is_made_up_for(task: CellTask) -> None:
    gains = np.maximum(0.0, 1.0 + 0.1 * np.random.default_rng(3).standard_normal((2, 1, task.weights.shape[1])))
    bent = CellTask(**{**vars(task), "gains": gains})
    fresh = task.cell.program(task.code.targets(task.weights.astype(np.int8)), task.seed, *task.path)
    found = correct_cells(fresh, bent, 3)
    excitatory, inhibitory = task.code.sides(1.0 / (found.cells.resistance + task.access_ohm), task.units)
    felt = (gains[0] * excitatory - gains[1] * inhibitory) / (task.units.lrs - task.units.hrs)
    assert found.errors[-1] == pytest.approx(np.sqrt(((felt - task.weights) ** 2).mean()))
    assert found.errors[-1] < 0.9 * task_error(correct_cells(fresh, task, 3).cells, bent)


@pytest.mark.parametrize(
    ("gains", "line"), [(np.ones((2, 3, 3)), "do not fit"), (np.full((2, 1, 1), -1.0), "not below 0")]
)
def test_gains_that_cannot_be_are_refused(task: CellTask, gains: np.ndarray, line: str) -> None:
    with pytest.raises((ParameterError, ShapeError), match=line):
        CellTask(**{**vars(task), "gains": gains})


def test_only_pulsed_cells_change_and_stuck_ones_do_not(task: CellTask) -> None:
    fresh = task.cell.program(task.code.targets(task.weights.astype(np.int8)), task.seed, *task.path)
    found = correct_cells(fresh, task, 1)
    pulsed = found.cells.target != fresh.target
    assert found.changed == (int(pulsed.sum()),) and pulsed.any()
    moved = found.cells.resistance != fresh.resistance
    np.testing.assert_array_equal(moved, pulsed & ~fresh.stuck)
    np.testing.assert_array_equal(found.cells.pulses > fresh.pulses, pulsed)


def test_a_build_that_does_not_fit_is_refused(task: CellTask) -> None:
    fresh = task.cell.program(task.code.targets(task.weights.astype(np.int8)), task.seed, *task.path)
    with pytest.raises(ParameterError, match="rounds must be 1"):
        correct_cells(fresh, task, 0)
    with pytest.raises(ShapeError, match="the weights need"):
        correct_cells(fresh, CellTask(**{**vars(task), "weights": task.weights[:5]}), 1)
