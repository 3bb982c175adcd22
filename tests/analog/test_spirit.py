"""SPIRIT trained for its chips: the spiking layer against the engine, tables against built chips, and that it helps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.engines.stepper import Stepper
from spikecim.errors import ParameterError, ShapeError
from spikecim.explore.fluid import fluid_limit, steady_currents
from spikecim.network import Network
from spikecim.program import Program
from spikecim.spikes import SpikeTrains

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from spikecim.analog.spirit_aware import (  # noqa: E402
    Samples,
    SpiritRecipe,
    binned,
    fresh_chips,
    known_chip,
    layer_scores,
    train_spirit,
)
from spikecim.analog.spirit_chips import fresh_table, ideal_table, known_table  # noqa: E402
from spikecim.analog.spirit_choice import Judge  # noqa: E402
from spikecim.analog.spirit_layer import Neurons, felt, rates, spikes  # noqa: E402
from spikecim.analog.spirit_score import score  # noqa: E402

N_IN, N_OUT, LEVELS = 16, 4, 4
# A chip of 4 x 4 pixels and four neurons.
SMALL = {
    "geometry.n_in": N_IN,
    "geometry.image_side": 4,
    "geometry.n_out": N_OUT,
    "coding.window": "300 us",
    "coding.full_scale_period": "12 us",
}
DRAWS = np.random.default_rng(7)
WEIGHTS = DRAWS.integers(-LEVELS, LEVELS + 1, (N_IN, N_OUT)).astype(np.int8)


@pytest.fixture(scope="module")
def chip() -> ChipSpec:
    return load_chip("spirit", SMALL)


def quiet_program(chip: ChipSpec) -> Program:
    program = build(chip, Network(weights=WEIGHTS), 0, 1).program
    return program.with_(read_noise=np.zeros_like(program.read_noise), delta_s=None)


def scores_of(program: Program, trains: SpikeTrains) -> np.ndarray:
    record = Stepper().run(program, trains)
    found = np.zeros((trains.n_samples, program.n_out))
    sample = np.repeat(np.arange(trains.n_samples), np.diff(record.offsets))
    np.add.at(found, (sample, record.neurons), record.signs)
    return found


def neurons_of(program: Program) -> Neurons:
    pairs = {
        "threshold": (program.threshold_up, program.threshold_down),
        "reset": (program.reset_up, program.reset_down),
        "rail": (program.rail_high, program.rail_low),
    }
    return Neurons(**{name: torch.tensor(np.stack(pair), dtype=torch.float64) for name, pair in pairs.items()})


def arriving(program: Program, trains: SpikeTrains, step_ticks: int) -> torch.Tensor:
    counts = torch.from_numpy(binned(trains, step_ticks)).double()
    return counts @ torch.from_numpy(program.charge[0]).double()


@pytest.mark.parametrize("refractory", ["0 us", "2 us", "7 us"])
def test_with_one_tick_a_step_the_layer_counts_what_the_engine_counts(refractory: str) -> None:
    program = quiet_program(load_chip("spirit", {**SMALL, "neuron.refractory": refractory}))
    values = DRAWS.random((8, N_IN))
    trains = load_chip("spirit", SMALL).rate_code().encode(values, 3)
    expected = scores_of(program, trains)
    assert np.abs(expected).max() > 20
    found = spikes(arriving(program, trains, 1), neurons_of(program), program.refractory_ticks, 1).sum(1)
    np.testing.assert_array_equal(found.numpy(), expected)


def test_coarse_steps_and_the_rate_curve_come_close(chip: ChipSpec) -> None:
    program = quiet_program(chip)
    values = DRAWS.random((30, N_IN))
    trains = chip.rate_code().encode(values, 3)
    expected, neurons = scores_of(program, trains), neurons_of(program)
    coarse = spikes(arriving(program, trains, 10), neurons, program.refractory_ticks, 10).sum(1).numpy()
    drive = (values / chip.rate_code().full_scale_ticks) @ program.charge[0]
    curve = rates(torch.from_numpy(drive), neurons, program.refractory_ticks).numpy() * program.n_ticks
    # The same curve as that of the attribution, but for its last hundredth of a slope.
    fluid = fluid_limit(program, steady_currents(chip.rate_code(), values)).rates * program.n_ticks
    np.testing.assert_allclose(curve, fluid, rtol=1e-6, atol=1e-6)
    for found in (coarse, curve):
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.97
    assert np.abs(coarse - expected).mean() < 2.0


def test_gradients_of_both_layers_follow_the_packet() -> None:
    one = torch.full((2, 1), 4.0, dtype=torch.float64)
    neurons = Neurons(threshold=one, reset=one, rail=2 * one)
    charge = torch.full((1, 40, 1), 1.5, dtype=torch.float64, requires_grad=True)
    spikes(charge, neurons, 1, 1).sum().backward()
    # A unit more in any step makes a quarter of a spike more, sooner or later.
    torch.testing.assert_close(charge.grad, torch.full_like(charge, 0.25))
    drive = torch.tensor([[0.5, -1.0, 9.0]], dtype=torch.float64, requires_grad=True)
    rates(drive, Neurons(threshold=one, reset=one, rail=one), 1).sum().backward()
    torch.testing.assert_close(drive.grad, torch.tensor([[0.2525, 0.2525, 0.0025]], dtype=torch.float64))


def test_weights_are_rounded_forwards_and_pass_the_slope_of_the_cells_backwards() -> None:
    charge = torch.tensor([-2.0, -1.1, 0.2, 1.0, 2.4])[:, None, None].repeat(1, 5, 1)
    latent = torch.tensor([[-7.0], [-1.4], [0.4], [1.6], [1.2]], requires_grad=True)
    found = felt(latent, charge)
    torch.testing.assert_close(found[:, 0].detach(), torch.tensor([-2.0, -1.1, 0.2, 2.4, 1.0]))
    found.sum().backward()
    torch.testing.assert_close(latent.grad[:, 0], torch.tensor([0.0, 1.1, 1.05, 1.4, 1.1]))


# With one pulse per cell the draws of a table and of a build are the same, cell by cell.
ONE_PULSE = {**SMALL, "cell.programming.mode": "one-pulse", "cell.programming.max_pulses": 1}
WIRES = {"wires.row_segment": "30 ohm", "wires.column_segment": "30 ohm"}
BENT = {"cell.iv.v0": "0.2 V", "cell.iv.voltage": "0.3 V"}


@pytest.mark.parametrize("more", [{}, WIRES, BENT, {**WIRES, "injectors.trim": "reads"}], ids=str)
def test_tables_hold_what_a_built_chip_holds(more: dict[str, str]) -> None:
    spec = load_chip("spirit", {**ONE_PULSE, **more})
    built = build(spec, Network(weights=WEIGHTS), 5, 2)
    table = known_table(spec, WEIGHTS, 5, 2, 0)
    place = (WEIGHTS.astype(int) + LEVELS, *np.indices(WEIGHTS.shape))
    for sign in (0, 1):
        felt_units = built.program.charge[sign] / built.unit
        np.testing.assert_allclose(table.charge[sign][place], felt_units, atol=1e-4)
    np.testing.assert_allclose(table.threshold[0] * built.unit, built.program.threshold_up, atol=0.5)
    np.testing.assert_allclose(table.reset[1] * built.unit, built.program.reset_down, atol=0.5)
    plain = known_table(load_chip("spirit", ONE_PULSE), WEIGHTS, 5, 2, 0)
    assert np.array_equal(plain.charge, table.charge) == (not more)


def test_a_known_chip_keeps_its_own_and_a_fresh_one_is_always_another(chip: ChipSpec) -> None:
    first, second = (known_table(chip, WEIGHTS, 0, 3, cycle, seconds=3600.0) for cycle in (1, 2))
    np.testing.assert_array_equal(first.threshold, second.threshold)
    other = known_table(chip, WEIGHTS, 0, 4, 1, seconds=3600.0)
    ideal = ideal_table(chip).charge[0]
    errors = [(table.charge[0] - ideal).ravel() for table in (first, second, other)]
    assert np.corrcoef(errors[0], errors[1])[0, 1] > 0.25 > abs(np.corrcoef(errors[0], errors[2])[0, 1])
    assert not np.array_equal(first.charge, second.charge)
    fresh = [fresh_table(chip, WEIGHTS, 0, step).charge for step in (0, 1, 0)]
    assert np.array_equal(fresh[0], fresh[2])
    assert not np.array_equal(fresh[0], fresh[1])


def task(n: int, seed: int) -> Samples:
    """Four patterns of dots under noise."""
    draws, patterns = np.random.default_rng(seed), np.random.default_rng(11).random((N_OUT, N_IN)) < 0.4
    labels = draws.integers(0, N_OUT, n)
    return Samples(values=0.4 * patterns[labels] + 0.6 * draws.random((n, N_IN)) ** 2, labels=labels)


@pytest.mark.parametrize("layer", ["curve", "steps"])
def test_training_helps_on_chips_it_never_saw(chip: ChipSpec, layer: str) -> None:
    fit, held_out, test = task(1000, 0), task(200, 1), task(400, 2)
    recipe = SpiritRecipe(layer=layer, steps=30, batch=50, rate=0.4, checks=2, chips=2, images=100, step_ticks=20)
    little, trained, again = (
        train_spirit(chip, fit, held_out, replace(recipe, steps=steps, checks=1 + steps // 30), seed=1)
        for steps in (2, 30, 30)
    )
    np.testing.assert_array_equal(trained.weights, again.weights)
    assert trained.weights.dtype == np.int8
    assert np.abs(trained.weights).max() <= LEVELS
    assert trained.notes["layer"] == layer
    trains = chip.rate_code().encode(test.values, 9)
    before, after = (
        score(chip, network, trains, test.labels, chips=range(8), seed=0, seconds=3600.0)
        for network in (little, trained)
    )
    # Paired over eight chips.
    gain = after.accuracy - before.accuracy
    assert gain.mean() > 3 * gain.std() / 8**0.5


def test_the_choice_keeps_the_best_weights_it_was_shown(chip: ChipSpec) -> None:
    held_out = task(100, 1)
    judge = Judge(chip, held_out, SpiritRecipe(chips=2, images=100), 0)
    good = (task(400, 3).values.T @ (np.eye(N_OUT)[task(400, 3).labels] - 0.25)).astype(np.float32)
    good *= 3 / np.abs(good).max()
    for step, shown in enumerate((-good, good, np.zeros_like(good))):
        judge(shown, step)
    kept = judge.result(SpiritRecipe(chips=2), 0)
    np.testing.assert_array_equal(kept.weights, np.rint(good))
    assert kept.notes["step_kept"] == "1"
    # The choice is made on chips that no report runs, at the age trained for, on the real engine.
    trains = chip.rate_code().encode(held_out.values, judge.seed)
    again = score(chip, kept, trains, held_out.labels, chips=range(2), seed=judge.seed, seconds=3600.0)
    assert float(kept.notes["held_out_accuracy"]) == pytest.approx(again.accuracy.mean(), abs=1e-4)
    assert judge.seed != 0


def test_a_known_chip_can_be_retrained_for(chip: ChipSpec) -> None:
    fit, held_out = task(600, 0), task(100, 1)
    recipe = SpiritRecipe(steps=10, batch=100, rate=0.2, checks=1, chips=1, images=50)
    start = Network(weights=WEIGHTS)
    drawn = known_chip(chip, recipe, 0, 3)
    network = train_spirit(chip, fit, held_out, recipe, draw=drawn, start=start)
    assert 0 < np.abs(network.weights - WEIGHTS).sum() < WEIGHTS.size  # it started from them
    scores = layer_scores(
        chip, torch.zeros(N_IN, N_OUT), fresh_chips(chip, recipe, 0)(0, WEIGHTS), fit.values, recipe, 1
    )
    assert scores.shape == (600, N_OUT)


def test_what_does_not_fit_is_told(chip: ChipSpec) -> None:
    samples = task(50, 0)
    for change, told in (({"layer": "curved"}, "curve, steps"), ({"steps": 0}, "steps 0"), ({"rate": 0.0}, "rate 0.0")):
        with pytest.raises(ParameterError, match=told):
            SpiritRecipe(**change)
    with pytest.raises(ShapeError, match="takes 144 inputs, got 16"):
        train_spirit(load_chip("spirit"), samples, samples)
    with pytest.raises(ShapeError, match=r"takes weights \(16, 4\), got \(2, 4\)"):
        train_spirit(chip, samples, samples, start=Network(weights=WEIGHTS[:2]))
    with pytest.raises(ShapeError, match="do not pair up"):
        Samples(values=samples.values, labels=samples.labels[:3])
    for change in ({"neuron.leak_current": "1 pA"}, {"neuron.comparator": "on_event"}):
        with pytest.raises(ParameterError, match="without leak and with continuous comparators"):
            train_spirit(load_chip("spirit", {**SMALL, **change}), samples, samples)
    with pytest.raises(ParameterError, match="at least 1, got 0"):
        score(
            chip, Network(weights=WEIGHTS), chip.rate_code().encode(samples.values, 0), samples.labels, chips=range(0)
        )
