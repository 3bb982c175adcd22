"""The compiled engine on layers of a size that random small programs do not reach, and what is its own to decide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.engines import layered_layout
from spikecim.engines.event import EventEngine
from spikecim.engines.layered_event import SLACK
from spikecim.engines.stepper import Stepper
from spikecim.engines.threads import max_threads, set_threads
from spikecim.errors import EngineError
from spikecim.layered import ConvolutionWiring, DenseWiring, LayeredProgram, Pulses, SparseWiring, Wiring
from spikecim.spikes import SpikeTrains, trains_from_lists
from tests.engines.layered_programs import UNIT, busy_program, busy_trains, chain, ideal_layer
from tests.engines.test_layered_identity import assert_same

N_TICKS = 60
WIDE = ConvolutionWiring(in_shape=(16, 14, 1), kernel=(5, 4), c_out=6, padding=((2, 2), (1, 3)))  # 1,440 neurons
WIRINGS: dict[str, Wiring] = {
    "dense, not a whole number of vectors": DenseWiring(n_rows=1440, n_out=130),
    "convolution": ConvolutionWiring(in_shape=(16, 15, 6), kernel=(3, 3), c_out=20, stride=(2, 1)),
    "depthwise": ConvolutionWiring(in_shape=(16, 15, 6), kernel=(3, 3), c_out=6, padding=((1, 1), (1, 1)), groups=6),
    "two groups": ConvolutionWiring(in_shape=(16, 15, 6), kernel=(2, 3), c_out=34, stride=(3, 2), groups=2),
    "a stride wider than the kernel": ConvolutionWiring(in_shape=(16, 15, 6), kernel=(2, 1), c_out=7, stride=(3, 4)),
    "sparse": SparseWiring(
        offsets=np.arange(1441, dtype=np.int64) * 3,
        targets=(np.arange(1440)[:, None] + [0, 40, 700]).astype(np.int32).ravel(),
        n_out=2140,
    ),
}


def two_layers(wiring: Wiring, **changes: object) -> LayeredProgram:
    rng = np.random.default_rng(5)
    first = ideal_layer(rng.integers(-1, 4, WIDE.n_groups), wiring=WIDE, refractory_ticks=3)
    uneven = rng.integers(3 * UNIT, 5 * UNIT, wiring.n_out)
    second = ideal_layer(
        rng.integers(-2, 4, wiring.n_groups), wiring=wiring, threshold_up=uneven, reset_up=uneven, **changes
    )
    return chain(first, second, n_ticks=N_TICKS, checkpoints=(7, 30, N_TICKS))


def a_few_samples(n_in: int, n_samples: int = 3) -> SpikeTrains:
    rng = np.random.default_rng(6)
    present = rng.random((n_samples, N_TICKS, n_in)) < 0.02
    signs = rng.choice([-1, 1, 1, 1], present.shape)
    spikes = [
        [(int(tick), int(line), int(signs[s, tick, line])) for tick, line in np.argwhere(here)]
        for s, here in enumerate(present)
    ]
    return replace(trains_from_lists(spikes, n_in=n_in, n_ticks=N_TICKS), first_sample=11)


def assert_equals_the_stepper(program: LayeredProgram, trains: SpikeTrains) -> None:
    oracle = Stepper().run_layers(program, trains, keep="spikes")
    assert oracle.spikes is not None
    assert min(len(layer.ticks) for layer in oracle.spikes) > 50
    assert_same(oracle, EventEngine().run_layers(program, trains, keep="spikes"))


@pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS)
def test_layers_of_many_blocks_equal_the_stepper(wiring: Wiring) -> None:
    assert_equals_the_stepper(two_layers(wiring), a_few_samples(WIDE.n_rows))


@pytest.mark.parametrize("name", ["dense, not a whole number of vectors", "convolution", "depthwise", "sparse"])
@pytest.mark.parametrize("kind", ["noise", "ramp", "both", "leak", "pulses"])
def test_all_that_alters_a_layer_of_many_blocks_equals_the_stepper(name: str, kind: str) -> None:
    wiring, rng = WIRINGS[name], np.random.default_rng(7)
    all_changes: dict[str, dict[str, object]] = {
        "noise": {"read_noise": rng.integers(0, 90, wiring.n_groups).astype(np.int32)},
        # From no pulse at all to a whole one.
        "ramp": {"ramp": np.linspace(0, 65536, N_TICKS).astype(np.int32)},
        "leak": {"leak": rng.integers(0, 9, wiring.n_out)},
        "pulses": {
            "pulses": tuple(
                Pulses(charge=rng.integers(-9, 60, wiring.n_out).astype(np.int32), start=3, period=period, stop=50)
                for period in (4, 6)
            ),
            "fire_from": 5,
            "fire_to": 55,
        },
        "both": {"read_noise": np.full(wiring.n_groups, 70, np.int32), "ramp": np.full(N_TICKS, 43210, np.int32)},
    }
    assert_equals_the_stepper(two_layers(wiring, **all_changes[kind]), a_few_samples(WIDE.n_rows))


def test_no_result_depends_on_the_number_of_threads() -> None:
    program, trains = two_layers(WIRINGS["convolution"]), a_few_samples(WIDE.n_rows, 9)
    set_threads(1)
    one = EventEngine().run_layers(program, trains, keep="spikes")
    set_threads(max_threads())
    assert_same(one, EventEngine().run_layers(program, trains, keep="spikes"))


def test_more_output_spikes_than_first_room_was_made_for() -> None:
    # One input spike of a neuron with a small packet: it fires on and on.
    n_ticks = 3 * SLACK
    program = chain(ideal_layer([[4, 0]], reset_up=1, rail_high=9 * UNIT, threshold_up=1), n_ticks=n_ticks)
    trains = trains_from_lists([[(0, 0, 1), (1, 0, 1)], []], n_in=1, n_ticks=n_ticks)
    record = EventEngine().run_layers(program, trains)
    assert record.output.n_spikes == n_ticks > 2 * SLACK
    assert_same(record, Stepper().run_layers(program, trains))


def test_populations_keep_no_output_spikes() -> None:
    program, trains = busy_program(delta_s=3), busy_trains()
    whole = EventEngine().run_layers(program, trains, keep="counts")
    bare = EventEngine(keep_spikes=False).run_layers(program, trains, keep="counts")
    assert whole.output.n_spikes > 0
    assert bare.output.n_spikes == 0
    none = {name: getattr(bare.output, name) for name in ("offsets", "ticks", "neurons", "signs")}
    assert_same(replace(whole, output=replace(whole.output, **none)), bare)


def test_charge_leaks_on_between_the_last_spike_and_a_checkpoint() -> None:
    layer = ideal_layer([[0, 0]], initial=[50, 60], leak=[1, 5])
    program = chain(layer, n_ticks=14, checkpoints=(1, 10, 14))
    record = EventEngine().run_layers(program, trains_from_lists([[]], n_in=1, n_ticks=14))
    assert record.checkpoint_winners.tolist() == [[1, 0, 0]]
    assert record.output.residual.tolist() == [[36, 0]]


def test_a_layer_beyond_32_bit_addresses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered_layout, "MOST_WORDS", 100)
    with pytest.raises(EngineError, match="layer layer: 8 rows and 6 neurons are too large for the event engine"):
        EventEngine().run_layers(chain(ideal_layer(np.ones((8, 6)))), trains_from_lists([[]], n_in=8, n_ticks=20))
