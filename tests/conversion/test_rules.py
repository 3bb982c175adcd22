"""Each conversion against its closed form, in the clocked simulation without a chip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from spikecim.conversion.clocked import Clocked, drive, input_spikes, one_later, run_clocked
from spikecim.conversion.prepare import Bounds, Prepared
from spikecim.conversion.registry import CONVERSIONS, applicable
from spikecim.conversion.signed_if import nearest_line
from spikecim.conversion.tanh_if import convert_tanh
from spikecim.layered.network import SpikingNetwork
from spikecim.models import Activation, AnnModel, Dense
from spikecim.models.blocks import blocks
from spikecim.models.forward import activations, forward
from tests.conversion.networks import dense_model, image_model, images

WIDE = Bounds(words_per_tick=1_000_000)
RATE_RULES = ("relu-max", "relu-percentile", "threshold-balancing")


def convert(name: str, model: AnnModel, n_steps: int = 64, **bounds: float) -> SpikingNetwork:
    return CONVERSIONS[name](model, images(model), replace(WIDE, n_steps=n_steps, **bounds))


def layer_values(model: AnnModel, x: np.ndarray) -> list[np.ndarray]:
    """Output of each block of `model`, flat."""
    last = [
        number
        for number, layer in enumerate(model.layers)
        if isinstance(layer, Activation) or number == len(model.layers) - 1
    ]
    found = next(activations(model, x, len(x)))
    return [found[number].reshape(len(x), -1) for number in last]


def errors(network: SpikingNetwork, run: Clocked, x: np.ndarray, kind: str = "clipped-relu") -> list[float]:
    """Largest |rate - activation| of each layer, as a share of its full rate; activations end where rates do."""
    top = iter(layer.rate_unit for layer in network.layers)
    clipped = tuple(
        replace(layer, kind=kind, ceiling=next(top)) if isinstance(layer, Activation) else layer
        for layer in network.quantised.layers
    )
    wanted = layer_values(replace(network.quantised, layers=clipped), x)
    rates = [run.counts(number) / network.code.n_steps * layer.rate_unit for number, layer in enumerate(network.layers)]
    return [
        float(np.abs(rate - np.clip(value, -layer.rate_unit, layer.rate_unit)).max() / layer.rate_unit)
        for rate, value, layer in zip(rates, wanted, network.layers, strict=True)
    ]


@pytest.mark.parametrize(
    "model", [dense_model(), dense_model(bias=0.0), image_model()], ids=["dense", "plain", "image"]
)
@pytest.mark.parametrize("name", RATE_RULES)
def test_rates_converge_to_activations_as_one_over_t(name: str, model: AnnModel) -> None:
    x = images(model)
    found = {}
    for n_steps in (64, 1024):
        network = convert(name, model, n_steps)
        found[n_steps] = errors(network, run_clocked(network, x), x)
    for short, long in zip(found[64], found[1024], strict=True):
        assert long < max(short / 8, 3 / 1024), "sixteen times the steps, a sixteenth of the error but for chance"


@pytest.mark.parametrize(
    ("name", "kind"), [("signed-if", "hard-tanh"), ("spirit-tanh", "hard-tanh"), ("spirit-tanh", "tanh")]
)
@pytest.mark.parametrize("make", [dense_model, image_model])
def test_signed_rates_converge_to_the_clipped_line(name: str, kind: str, make: object) -> None:
    model = make(kind, slope=0.7)  # type: ignore[operator]
    x, found = images(model), []
    for n_steps in (64, 1024):
        network = convert(name, model, n_steps)
        found.append(errors(network, run_clocked(network, x), x, "hard-tanh")[: 2 if name == "spirit-tanh" else 3])
    for short, long in zip(*found, strict=True):
        assert long < max(short / 8, 3 / 1024)


def test_spirit_rule_of_one_layer_is_the_existing_conversion() -> None:
    rng = np.random.default_rng(3)
    real = rng.normal(0, 0.5, (144, 10)).astype(np.float32)
    for slope in (1.0, 1.144):
        model = AnnModel(
            name="perceptron",
            input_shape=(144,),
            layers=(Dense(weights=real, bias=np.zeros(10, np.float32)), Activation(kind="tanh", slope=slope)),
        )
        network = convert("spirit-tanh", model)
        assert (network.layers[0].weights.reshape(144, 10) == convert_tanh(real, 4, slope).weights).all()
        np.testing.assert_allclose(network.layers[0].units_per_threshold, 4.0, rtol=1e-6)
        assert int(network.notes["clipped_weights"]) > 0 and not network.layers[0].bias.any()


def test_line_nearest_to_tanh() -> None:
    small, large = np.linspace(-0.1, 0.1, 101), np.linspace(-50, 50, 1001)
    ceiling, slope = nearest_line(small.astype(np.float32), 2.0)
    assert slope == pytest.approx(2.0, rel=0.03)  # tanh is a line there
    assert nearest_line(large.astype(np.float32), 1.0)[0] == pytest.approx(1.0, abs=0.03)  # and a step here
    middle = np.random.default_rng(0).normal(0, 1.5, 4000).astype(np.float32)
    ceiling, slope = nearest_line(middle, 1.0)
    nearest = np.abs(np.clip(slope * middle, -ceiling, ceiling) - np.tanh(middle)) ** 2
    plain = np.abs(np.clip(middle, -1, 1) - np.tanh(middle)) ** 2
    assert nearest.mean() < plain.mean() / 2


def one_neuron(weight: float, kind: str = "relu", **more: float) -> AnnModel:
    """One input, one hidden neuron with z = weight x, one output."""
    unit = {"bias": np.zeros(1, np.float32)}
    return AnnModel(
        name="one",
        input_shape=(1,),
        layers=(
            Dense(weights=np.array([[weight]], np.float32), **unit),
            Activation(kind=kind, **more),  # type: ignore[arg-type]
            Dense(weights=np.ones((1, 1), np.float32), **unit),
        ),
    )


@pytest.mark.parametrize(("share", "soft", "hard"), [(0.6, 60, 50), (0.34, 34, 33), (0.5, 50, 50), (0.9, 90, 50)])
def test_hard_reset_loses_the_charge_beyond_the_threshold(share: float, soft: int, hard: int) -> None:
    """A neuron driven by `share` of its threshold fires in every ceil(1 / share)-th step."""
    model, full = one_neuron(1.0, "clipped-relu", ceiling=10.0), np.ones((4, 1), np.float32)
    counts = []
    for name in ("relu-percentile", "relu-percentile-hard"):
        network = CONVERSIONS[name](model, full, replace(WIDE, n_steps=100))
        first = network.layers[0]
        first = replace(first, units_per_threshold=first.units_per_threshold / share)
        run = run_clocked(replace(network, layers=(first, *network.layers[1:])), full)
        counts.append(int(run.counts(0)[0, 0]))
    assert counts == [soft, hard]


def test_percentile_takes_a_lower_threshold_than_max() -> None:
    model = dense_model()
    x = images(model)
    x[0] = 1.0  # one image far brighter than the rest
    low, high = (CONVERSIONS[name](model, x, replace(WIDE, n_steps=32)) for name in ("relu-percentile", "relu-max"))
    assert all(a.rate_unit < b.rate_unit for a, b in zip(low.layers[:-1], high.layers[:-1], strict=True))
    few, many = (run_clocked(network, x).counts(0).sum() for network in (high, low))
    assert many > few


def test_max_threshold_is_the_largest_activation() -> None:
    model = dense_model()
    network = convert("relu-max", model)
    values = layer_values(network.quantised, images(model))
    assert network.layers[0].rate_unit == pytest.approx(float(values[0].max()))
    assert network.layers[-1].rate_unit == pytest.approx(float(np.abs(values[-1]).max()))


@pytest.mark.parametrize("make", [dense_model, image_model])
def test_balanced_thresholds_are_the_largest_input_of_a_step(make: object) -> None:
    model = make()  # type: ignore[operator]
    x = images(model, 16)  # as many as are simulated
    network = CONVERSIONS["threshold-balancing"](model, x, replace(WIDE, n_steps=32))
    run = run_clocked(network, x)
    code = replace(network.code, tail_steps=len(network.layers) - 1)
    before = [input_spikes(code, x), *(one_later(spikes) for spikes in run.spikes[:-1])]
    for number, layer in enumerate(network.layers[:-1]):
        repeat = layer.wiring.n_out // layer.n_channels
        units = [drive(layer, spikes) + np.tile(layer.bias, repeat) for spikes in before[number]]
        top = max(float((step / np.tile(layer.units_per_threshold, repeat)).max()) for step in units)
        assert top == pytest.approx(1.0, abs=1e-5)


def test_a_balanced_threshold_is_never_below_the_largest_activation() -> None:
    """Two steps are too few for spikes to reach the second layer: what its SNN saw there is its bias."""
    model = dense_model()
    network = convert("threshold-balancing", model, 2)
    for layer, value in zip(network.layers, layer_values(network.quantised, images(model)), strict=True):
        assert layer.rate_unit >= float(value.max()) * (1 - 1e-6)


@pytest.mark.parametrize("levels", [4, 8])
def test_qcfs_of_one_layer_is_the_activation_itself(levels: int) -> None:
    """T = L steps of a constant input: the spike count is floor(T z / ceiling + 1/2), clipped."""
    model = dense_model("quantised-clip", ceiling=1.3, levels=levels, bias=0.5)
    x = np.random.default_rng(5).integers(0, 2, (200, 12)).astype(np.float32)
    network = CONVERSIONS["qcfs"](model, x, replace(WIDE, n_steps=levels))
    run = run_clocked(network, x)
    wanted = layer_values(network.quantised, x)[0]
    assert len(np.unique(wanted)) > 3
    np.testing.assert_allclose(run.counts(0) * network.layers[0].rate_unit / levels, wanted, rtol=1e-6)
    assert not run.counts(-1).any(), "the last layer is read by its charge"


def test_qcfs_layers_fire_in_their_own_steps_only() -> None:
    model = image_model("quantised-clip", ceiling=0.8, levels=8)
    network = convert("qcfs", model, 8)
    run = run_clocked(network, images(model))
    assert network.code.n_ticks == 8 + 2
    for number in (0, 1):
        when = np.flatnonzero(run.spikes[number].any((1, 2)))
        assert when.min() >= number and when.max() < number + 8


def test_time_to_first_spike_is_one_minus_the_value() -> None:
    n_steps, x = 32, np.arange(33, dtype=np.float32)[:, None] / 32
    network = CONVERSIONS["first-spike"](one_neuron(1.0), x, replace(WIDE, n_steps=n_steps))
    value = x[:, 0] / network.layers[0].rate_unit
    spikes = run_clocked(network, x).spikes[0][:, :, 0]
    due = n_steps + np.rint((1.0 - np.minimum(value, 1.0)) * n_steps).astype(int)
    assert (spikes.sum(0) == (due < 2 * n_steps)).all()
    fired = spikes.any(0)
    assert (spikes.argmax(0)[fired] == due[fired]).all()


@pytest.mark.parametrize("make", [dense_model, image_model])
def test_first_spike_neurons_fire_once_and_carry_the_activation(make: object) -> None:
    model = make()  # type: ignore[operator]
    x = images(model)
    network = convert("first-spike", model, 256)
    run = run_clocked(network, x)
    wanted = layer_values(network.quantised, x)
    for number in (0, 1):
        spikes = run.spikes[number]
        assert spikes.sum(0).max() == 1
        step = spikes.argmax(0) - network.layers[number].phase.first - number - 256  # type: ignore[union-attr]
        value = np.where(spikes.any(0), 1 - step / 256, 0.0) * network.layers[number].rate_unit
        top = network.layers[number].rate_unit
        assert np.abs(value - np.clip(wanted[number], 0, top)).max() < 0.03 * top
    clear = np.diff(np.sort(wanted[-1], axis=1))[:, -1] > 0.1
    assert clear.sum() > 5 and (run.winners == wanted[-1].argmax(1))[clear].all()


@pytest.mark.parametrize("kind", ["relu", "clipped-relu", "tanh", "hard-tanh", "quantised-clip"])
def test_a_layer_without_activity_converts(kind: str) -> None:
    """Images of zeros, no bias: every value is 0, and every threshold still a positive number."""
    model = dense_model(kind, bias=0.0)
    dark = np.zeros((3, 12), np.float32)
    rules = applicable(model)
    assert rules
    for rule in rules:
        network = rule(model, dark, replace(WIDE, n_steps=8))
        assert all(np.isfinite(layer.units_per_threshold).all() for layer in network.layers)
        assert not any(spikes.any() for spikes in run_clocked(network, dark).spikes)


def test_one_thread_converts_so_that_no_last_bit_depends_on_their_number() -> None:
    seen: list[int] = []

    def rule(prepared: Prepared) -> SpikingNetwork:
        seen.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return CONVERSIONS["relu-max"].rule(prepared)

    model = dense_model()
    with threadpool_limits(limits=2, user_api="blas"):
        replace(CONVERSIONS["relu-max"], rule=rule)(model, images(model), WIDE)
        outside = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert seen and set(seen) == {1}
    assert set(outside) == {2}


def test_every_activation_has_a_rule_and_every_rule_a_paper() -> None:
    names = {kind: [rule.name for rule in applicable(dense_model(kind))] for kind in ("relu", "tanh", "quantised-clip")}
    assert names["tanh"] == ["spirit-tanh", "signed-if"] and names["quantised-clip"] == ["qcfs"]
    assert len(names["relu"]) == 5
    assert all("doi:" in rule.paper or "arXiv:" in rule.paper for rule in CONVERSIONS.values())


def test_decisions_at_a_long_window_are_the_quantised_networks() -> None:
    model = image_model()
    x = images(model, 60, seed=9)
    network = convert("relu-percentile", model, 1024)
    wanted = forward(network.quantised, x)
    clear = np.diff(np.sort(wanted, axis=1))[:, -1] > 0.02 * np.abs(wanted).max()
    assert clear.sum() > 30
    assert (run_clocked(network, x).winners == wanted.argmax(1))[clear].all()
    assert len(blocks(network.quantised)) == len(network.layers)
