"""From converted network and chip to layered program: shapes, units, draws by name, and what is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import elementary_charge

from spikecim.chips import load_multi_chip
from spikecim.coding.steps import StepCode
from spikecim.engines.stepper import Stepper
from spikecim.errors import ParameterError, ShapeError
from spikecim.layered.network import LatencyPhase, SpikingLayer, SpikingNetwork
from spikecim.layered.program import NEVER
from spikecim.layered.wiring import ConvolutionWiring, DenseWiring, SparseWiring
from spikecim.layered_build import build_layers
from spikecim.models import AnnModel, Dense

CODE = StepCode(kind="even", n_steps=16, ticks_per_step=1, words_per_tick=1_000_000, tail_steps=2)
ANN = AnnModel(
    name="any", input_shape=(1,), layers=(Dense(weights=np.ones((1, 1), np.float32), bias=np.zeros(1, np.float32)),)
)
THRESHOLD = 4 * round(200e-15 * 0.3 / (4 * elementary_charge))


def dense(n_in: int, n_out: int, **changes: object) -> SpikingLayer:
    draws = np.random.default_rng(n_in * n_out)
    settings: dict[str, object] = {
        "weights": draws.integers(-40, 41, n_in * n_out).astype(np.int32),
        "bias": np.zeros(n_out),
        "signed": True,
        **changes,
    }
    return SpikingLayer(
        name=f"dense{n_in}",
        wiring=DenseWiring(n_rows=n_in, n_out=n_out),
        route=np.arange(n_in, dtype=np.int32),
        slices=2,
        units_per_threshold=np.linspace(40, 90, n_out),
        rate_unit=1.0,
        **settings,
    )


def convolution(**changes: object) -> SpikingLayer:
    wiring = ConvolutionWiring(in_shape=(4, 3, 2), kernel=(2, 2), c_out=3, padding=((1, 0), (0, 0)))
    return SpikingLayer(
        name="conv",
        wiring=wiring,
        route=np.arange(wiring.n_rows, dtype=np.int32),
        weights=np.random.default_rng(1).integers(-40, 41, wiring.n_groups).astype(np.int32),
        slices=2,
        units_per_threshold=np.array([30.0, 60.0, 45.0]),
        bias=np.array([2.0, -3.0, 0.5]),
        rate_unit=1.0,
        signed=False,
        **changes,
    )


def network(*layers: SpikingLayer, code: StepCode = CODE) -> SpikingNetwork:
    return SpikingNetwork(name="net", conversion="none", layers=layers, code=code, quantised=ANN)


IDEAL = load_multi_chip("spirit_multi_ideal")
REAL = load_multi_chip("spirit_multi")


def test_ideal_charges_are_weights_over_units_per_threshold() -> None:
    layer = dense(5, 3)
    (built,) = build_layers(IDEAL, network(layer), 0).program.layers
    expected = layer.weights.reshape(5, 3) * THRESHOLD / layer.units_per_threshold
    assert np.abs(built.charge[0] - expected.ravel()).max() <= 0.5 + 1e-6
    assert np.array_equal(built.charge[1], -built.charge[0])
    assert (built.threshold_up == THRESHOLD).all()


def test_a_total_charge_ends_as_spikes_and_residue() -> None:
    """Conservation: what came in is in spikes or still on the membrane."""
    layer = dense(5, 3)
    chip = build_layers(IDEAL, network(layer), 0)
    trains = CODE.encode(np.random.default_rng(2).random((4, 5)))
    record = Stepper().run_layers(chip.program, trains, keep="counts")
    came = np.zeros((4, 3), np.int64)
    charge = chip.program.layers[0].charge[0].reshape(5, 3)
    np.add.at(came, trains.samples(), charge[trains.lines])
    assert record.counts is not None
    assert np.array_equal(record.counts[0] * THRESHOLD + record.output.residual, came)


def test_relu_layers_have_no_lower_threshold_and_start_where_they_are_told() -> None:
    first = dense(5, 3, signed=False, initial=0.5)
    built = build_layers(IDEAL, network(first), 0).program.layers[0]
    assert (built.threshold_down == NEVER).all()
    assert (built.initial == round(0.5 * THRESHOLD)).all()


def test_biases_arrive_once_a_step_at_every_position() -> None:
    layer = convolution()
    chip = build_layers(IDEAL, network(layer), 0)
    (pulses,) = chip.program.layers[0].pulses
    per_channel = np.rint(np.rint(layer.bias * 9) / 9 * THRESHOLD / layer.units_per_threshold)
    assert np.abs(pulses.charge.reshape(-1, 3) - per_channel).max() <= 1
    assert (pulses.start, pulses.period, pulses.stop) == (0, 1, 16)
    # One row of three channels, three slices of eight cells, read at each of 4 x 2 positions.
    assert pulses.cells == 3 * 3 * 8 * 8
    assert chip.n_cells == (layer.n_weights * 16 + 3 * 3 * 8,)


def test_positions_share_cells_unless_the_chip_says_otherwise() -> None:
    apart = load_multi_chip("spirit_multi", {"cores.convolution": "per-position"})
    shared, own = (build_layers(chip, network(convolution()), 0).program.layers[0] for chip in (REAL, apart))
    links = convolution().wiring.links
    assert shared.charge.shape[1] == convolution().n_weights
    assert isinstance(own.wiring, SparseWiring)
    # Same weight, another cell: charges differ between positions, but follow the weight.
    assert own.charge.shape[1] == len(links.targets)
    by_weight = convolution().weights[links.groups]
    assert np.corrcoef(own.charge[0], by_weight / np.tile([30, 60, 45], 8)[links.targets])[0, 1] > 0.8
    same = own.charge[0][links.groups == 0]
    assert len(np.unique(same)) == len(same) > 1


def test_positions_of_their_own_have_injectors_and_bias_cells_of_their_own() -> None:
    """As the placement counts them: columns for every position and channel."""
    settings = {"cell.device": "ideal", "injectors.gain_mismatch_rel": 0.05}
    apart = load_multi_chip("spirit_multi", {**settings, "cores.convolution": "per-position"})
    layer = convolution()
    shared = build_layers(load_multi_chip("spirit_multi", settings), network(layer), 0)
    own = build_layers(apart, network(layer), 0)
    # Cells are exact: only injectors tell positions apart, in weights and in biases.
    links, charge = layer.wiring.links, own.program.layers[0].charge[0]
    same = charge[links.groups == np.abs(layer.weights).argmax()]
    assert len(np.unique(same)) == len(same) > 1
    (at_once,), (in_turn,) = own.program.layers[0].pulses, shared.program.layers[0].pulses
    assert (np.ptp(at_once.charge.reshape(-1, 3), axis=0) > 0).all()
    assert (np.ptp(in_turn.charge.reshape(-1, 3), axis=0) == 0).all()
    assert at_once.cells == in_turn.cells
    n_positions = layer.wiring.n_out // 3
    assert own.n_cells == (len(links.targets) * 16 + in_turn.cells,)
    assert shared.n_cells == (layer.n_weights * 16 + in_turn.cells // n_positions,)


def test_per_position_cells_on_an_ideal_chip_do_what_shared_ones_do() -> None:
    apart = load_multi_chip("spirit_multi_ideal", {"cores.convolution": "per-position"})
    trains = CODE.encode(np.random.default_rng(3).random((3, 24)))
    runs = [
        Stepper().run_layers(build_layers(chip, network(convolution()), 0).program, trains, keep="counts")
        for chip in (IDEAL, apart)
    ]
    assert runs[0].counts is not None
    assert runs[1].counts is not None
    assert np.array_equal(runs[0].counts[0], runs[1].counts[0])
    assert np.array_equal(runs[0].tallies, runs[1].tallies)


def test_line_events_and_electrons_sum_over_links() -> None:
    built = build_layers(REAL, network(convolution()), 0).program.layers[0]
    links = built.wiring.links
    assert np.array_equal(built.line_events, np.diff(links.offsets))
    # A corner pixel is seen by fewer taps than an inner one.
    assert built.line_events[0] < built.line_events.max()
    assert (built.line_electrons > 0).all()


def test_dropped_lines_cost_nothing() -> None:
    layer = dense(5, 3)
    layer = replace(layer, route=np.array([0, 1, -1, 3, 4, 0], np.int32))
    built = build_layers(REAL, network(layer), 0).program.layers[0]
    assert built.line_events[2] == built.line_electrons[2] == 0
    assert built.line_electrons[5] == built.line_electrons[0]


def test_layers_and_chips_are_drawn_by_name() -> None:
    one, two = dense(5, 3), dense(3, 2)
    alone = build_layers(REAL, network(one), 7, 3).program.layers[0]
    first, second = build_layers(REAL, network(one, two), 7, 3).program.layers
    other = build_layers(REAL, network(one, two), 7, 4).program.layers[0]
    assert np.array_equal(alone.charge, first.charge)
    assert np.array_equal(alone.threshold_up, first.threshold_up)
    assert not np.array_equal(first.charge, other.charge)
    assert first.noise_seed != second.noise_seed


def test_latency_phases_become_a_ramp_and_a_firing_pulse() -> None:
    code = StepCode(kind="first-spike", n_steps=8, ticks_per_step=1, words_per_tick=1_000_000, tail_steps=10)
    layer = dense(5, 3, phase=LatencyPhase(first=0, n_steps=8), refractory_steps=8.0, signed=False)
    built = build_layers(IDEAL, network(layer, code=code), 0).program.layers[0]
    assert built.ramp is not None
    assert built.ramp[0] == 65536
    (ramp,) = built.pulses
    assert ramp.charge[0] * 8 == pytest.approx(THRESHOLD, rel=1e-4)
    assert built.refractory_ticks == 8


def test_a_firing_ramp_has_the_error_of_the_injector_that_makes_it() -> None:
    """The ledger pays for an injector of each neuron, so each has its own error: that of its upward packets."""
    code = StepCode(kind="first-spike", n_steps=8, ticks_per_step=1, words_per_tick=1_000_000, tail_steps=10)
    layer = dense(5, 40, phase=LatencyPhase(first=0, n_steps=8), refractory_steps=8.0, signed=False)
    built = build_layers(REAL, network(layer, code=code), 0).program.layers[0]
    (ramp,) = built.pulses
    assert np.abs(ramp.charge * 8 - built.reset_down).max() <= 4
    spread = np.std(ramp.charge * 8 / THRESHOLD)
    # The standard error of a standard deviation of 40 draws is 11 %.
    assert spread == pytest.approx(REAL.neuron.reset_error_rel.value, rel=0.45)


def test_the_refractory_period_of_the_chip_is_the_shortest() -> None:
    (built,) = build_layers(REAL, network(dense(5, 3)), 0).program.layers
    assert built.refractory_ticks == 2


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"weights": np.full(15, 41, np.int32)}, ShapeError, "weight 41 does not fit 2 slices"),
        ({"bias": np.full(3, 1e6)}, ParameterError, "bias rows, a core of chip spirit-multi-ideal has 1024"),
    ],
)
def test_what_does_not_fit_is_one_line(changes: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        build_layers(IDEAL, network(dense(5, 3, **changes)), 0)
