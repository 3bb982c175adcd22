"""Layers on arrays against plain PyTorch, against themselves folded, one class after another, deployed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from torch import nn  # noqa: E402

from spikecim.analog.attention import AnalogAttention  # noqa: E402
from spikecim.analog.calibrate import calibrate  # noqa: E402
from spikecim.analog.convert import convert  # noqa: E402
from spikecim.analog.deploy import deploy, design, matrices, stuck_maps_of  # noqa: E402
from spikecim.analog.layers import AnalogLayer  # noqa: E402
from spikecim.analog.product import AnalogProduct  # noqa: E402
from spikecim.analog.walk import analog_layers, analog_products, digital_layers  # noqa: E402
from spikecim.arrays.analog.classes import CLASSES  # noqa: E402
from spikecim.arrays.analog.programming import program_matrix  # noqa: E402
from spikecim.arrays.crossbar.wires import Wires  # noqa: E402
from spikecim.errors import ConversionError, DataError, ParameterError  # noqa: E402
from spikecim.mitigation.correction import Correction  # noqa: E402
from tests.analog.plans import SelfAttention, networks, on_arrays, plan_of  # noqa: E402

NETWORKS = networks()


@pytest.fixture(autouse=True)
def _no_gradients() -> object:
    with torch.no_grad():
        yield


@pytest.mark.parametrize("kind", NETWORKS)
def test_without_errors_a_layer_is_the_plain_one(kind: str) -> None:
    net, x = NETWORKS[kind]
    analog = on_arrays(net.eval(), plan_of(), (), x)
    deploy(analog, 3, 0)
    torch.testing.assert_close(analog(x), net(x), atol=1e-5, rtol=1e-5)
    # No range was learned from the calibration inputs: others are as exact.
    torch.testing.assert_close(analog(3 * x), net(3 * x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("name", CLASSES)
def test_each_class_moves_every_kind_of_layer(kind: str, name: str) -> None:
    net, x = NETWORKS[kind]
    # Many faults: the smallest layer has few cells.
    plan = plan_of(device=faulty(plan_of().device))
    analog = on_arrays(net.eval(), plan, (name,), x)
    deploy(analog, 3, 0)
    found, wanted = analog(x), net(x)
    assert torch.isfinite(found).all()
    assert float((found - wanted).norm() / wanted.norm()) > 1e-4
    if name in ("fluctuation", "stuck"):
        deploy(analog, 3, 1)
        assert not torch.equal(analog(x), found)


def faulty(device: object) -> object:
    """The same device with 5 % of the cells stuck at each rail."""
    spec = device.spec  # type: ignore[attr-defined]
    shares = {key: replace(getattr(spec.stuck, key), value=0.05) for key in ("share_low", "share_high")}
    return replace(device, spec=spec.model_copy(update={"stuck": spec.stuck.model_copy(update=shares)}))  # type: ignore[type-var]


@pytest.mark.parametrize("kind", NETWORKS)
def test_many_adc_bits_give_the_folded_result(kind: str) -> None:
    net, x = NETWORKS[kind]
    fine = on_arrays(net.eval(), plan_of(adc_bits=16, weight_bits=6), ("quantisation",), x)
    found = fine(x)
    for part in (*analog_layers(fine).values(), *analog_products(fine).values()):
        object.__setattr__(part.wiring, "plan", replace(part.wiring.plan, adc_bits=2))
    coarse = fine(x)
    for layer in analog_layers(fine).values():
        layer.read = folded(layer)  # type: ignore[method-assign]
    for product in analog_products(fine).values():
        object.__setattr__(product.wiring, "errors", frozenset({"quantisation"}))
        object.__setattr__(product.wiring, "plan", replace(product.wiring.plan, adc_bits=16))
    torch.testing.assert_close(fine(x), found, atol=3e-3, rtol=3e-3)
    assert float((coarse - found).norm() / found.norm()) > 0.05, "ADC bits must matter"


def folded(layer: AnalogLayer) -> object:
    held = layer.held
    assert held is not None
    return lambda seen: layer.multiply(seen, held.folded)


def test_a_row_tile_is_what_its_rows_make() -> None:
    net, x = NETWORKS["convolution"]
    layer = next(iter(analog_layers(on_arrays(net, plan_of(), (), x)).values()))
    assert [tile.stop - tile.start for tile in layer.wiring.tiles] == [16, 16, 4]
    weight = torch.randn(2, 6, 36)
    parts = [layer.multiply_tile(x, tile, weight) for tile in layer.wiring.tiles]
    torch.testing.assert_close(sum(parts)[1], layer.multiply(x, weight[1]), atol=1e-5, rtol=1e-5)
    rows = torch.zeros_like(weight)
    rows[:, :, layer.wiring.tiles[1]] = weight[:, :, layer.wiring.tiles[1]]
    torch.testing.assert_close(parts[1][0], layer.multiply(x, rows[0]), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["dense", "depthwise"])
def test_a_chip_holds_what_program_matrix_says(kind: str) -> None:
    net, x = NETWORKS[kind]
    plan = plan_of()
    analog = on_arrays(net, plan, ("quantisation", "fluctuation", "stuck"), x)
    deploy(analog, 5, 2)
    layer = next(iter(analog_layers(analog).values()))
    for number, (name, matrix) in enumerate(matrices(layer).items()):
        made = program_matrix(matrix, plan, layer.wiring.errors, 5, "chip", 2, name)
        assert layer.held is not None
        if kind == "dense":
            np.testing.assert_array_equal(layer.held.slices.numpy(), made.slices.swapaxes(1, 2))
        else:
            # One group of 9 rows fits into 16; its channel is the one of the matrix.
            np.testing.assert_array_equal(layer.held.slices[:, number].numpy(), made.slices[:, :, 0])


def test_groups_on_one_array_are_remapped_around_the_cells_that_are_read() -> None:
    torch.manual_seed(6)
    net, x = nn.Conv2d(8, 8, 3, groups=8, bias=False), torch.rand(2, 8, 5, 5)
    plan = plan_of(device=faulty(plan_of().device), rows=72, columns=16)
    analog = on_arrays(net, plan, ("stuck",), x)
    (layer,) = analog_layers(analog).values()
    assert layer.wiring.pack == 8

    def error(correction: Correction | None) -> float:
        (report,) = deploy(analog, 2, 0, correction=correction).values()
        # The residual is that of the weights which are read.
        weights = float((layer.held.folded - layer.matrix()).norm() / layer.matrix().norm())  # type: ignore[union-attr]
        assert report["residual"] == pytest.approx(weights, rel=1e-4, abs=1e-6)
        return float((analog(x) - net(x)).norm() / net(x).norm())

    # 1 cell in 8 is read: those that are not take the faults.
    assert error(Correction(remap=True)) < 0.1 * error(None)


def test_small_groups_share_arrays_and_keep_to_themselves() -> None:
    net = nn.Conv2d(6, 6, 1, groups=6, bias=False)
    x = torch.rand(2, 6, 3, 3)
    analog = on_arrays(net, plan_of(rows=4, columns=4, wires=Wires(row_segment=200.0)), ("wires",), x)
    layer = next(iter(analog_layers(analog).values()))
    assert layer.wiring.pack == 3 and [m.shape for m in matrices(layer).values()] == [(3, 3)] * 2
    deploy(analog, 0, 0)
    before = analog(x)
    x[:, 0] += 1.0
    moved = (analog(x) != before).flatten(2).any(-1)
    assert moved[:, 0].all() and not moved[:, 1:].any()


@pytest.mark.parametrize("kind", ["dense", "convolution", "depthwise", "attention"])
def test_the_size_of_a_batch_changes_nothing(kind: str) -> None:
    net, x = NETWORKS[kind]
    analog = on_arrays(net.eval(), plan_of(), CLASSES, x)
    deploy(analog, 1, 0)
    whole = analog(x)
    deploy(analog, 1, 0)
    apart = torch.cat([analog(x[:1]), analog(x[1:])])
    torch.testing.assert_close(apart, whole, atol=1e-5, rtol=1e-4)
    # Reads are fresh: the same inputs again, on the same chip, read otherwise.
    assert not torch.equal(analog(x), whole)


def test_a_layer_that_runs_twice_for_a_sample_reads_afresh_and_its_batches_tell() -> None:
    torch.manual_seed(8)
    net = nn.Linear(12, 12)
    twice = on_arrays(nn.Sequential(net, net), plan_of(), ("fluctuation",), torch.rand(4, 12))
    (layer,), x = analog_layers(twice).values(), torch.rand(6, 12)
    deploy(twice, 1, 0)
    whole = twice(x)
    deploy(twice, 1, 0)
    assert torch.equal(layer(layer(x)), whole), "uses go on counting, so none repeats the reads of another"
    deploy(twice, 1, 0)
    one = twice(x[:1])
    deploy(twice, 1, 0)
    assert torch.equal(one, twice(x[:1])), "the same batches, the same reads"
    deploy(twice, 1, 0)
    # What docs/aware.md says does not hold here: the second use of sample 0 is the second or the seventh read.
    apart = torch.cat([twice(x[:1]), twice(x[1:])])
    assert not torch.allclose(apart, whole, rtol=1e-4)


def test_one_sample_without_a_sample_axis() -> None:
    for kind in ("dense", "convolution"):
        net, x = NETWORKS[kind]
        analog = on_arrays(net.eval(), plan_of(), ("quantisation", "wires"), x)
        torch.testing.assert_close(analog(x[0]), analog(x)[0])


def test_attention_takes_what_plain_attention_takes() -> None:
    torch.manual_seed(3)
    mask = torch.ones(4, 6, dtype=torch.bool).triu(3)
    padding = torch.zeros(2, 6, dtype=torch.bool)
    padding[0, 4:] = True
    for options in ({}, {"batch_first": True}, {"kdim": 5, "vdim": 3, "bias": False}):
        net = nn.MultiheadAttention(8, 2, **options).eval()
        q, k, v = torch.randn(4, 2, 8), torch.randn(6, 2, net.kdim), torch.randn(6, 2, net.vdim)
        given = [x.transpose(0, 1) if net.batch_first else x for x in (q, k, v)]
        analog = AnalogAttention(net, "attention", plan_of(), frozenset())
        for product in analog_products(analog).values():
            product.calibrated.fill_(True)
        design(analog)
        for extra in ({"attn_mask": mask}, {"key_padding_mask": padding, "average_attn_weights": False}):
            for mine, other in zip(analog(*given, **extra), net(*given, **extra), strict=True):
                torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(analog(q[:, 0], k[:, 0], v[:, 0])[0], net(q[:, 0], k[:, 0], v[:, 0])[0])
        assert analog(*given, need_weights=False)[1] is None


def test_written_operands_have_the_statistics_of_the_cells() -> None:
    plan = plan_of(rows=64, columns=64)
    product = AnalogProduct("product", plan, frozenset({"fluctuation"}))
    product.calibrated.fill_(True)
    b = torch.full((40, 1, 64, 64), 0.5)
    product.deploy(0, 0)
    held = product.write(b)[0]
    device = plan.device
    window = device.g_max - device.g_min
    sides = [device.programmed(device.g_min + state * window) for state in (0.5, 0.0)]  # type: ignore[attr-defined]
    mean = (sides[0][0] - sides[1][0]) / window
    sd = float(np.hypot(sides[0][1], sides[1][1]) / window)
    n = held.numel()
    assert float(held.mean()) == pytest.approx(float(mean), abs=4 * sd / n**0.5)
    # 4 standard errors of a standard deviation; the cells are close to normal.
    assert float(held.std()) == pytest.approx(sd, rel=4 / (2 * n) ** 0.5 + 0.01)


@pytest.mark.parametrize("trim", ["none", "matrix", "array"])
@pytest.mark.parametrize("quantised", [True, False])
def test_written_operands_are_trimmed_by_what_calibration_fixed(trim: str, quantised: bool) -> None:
    torch.manual_seed(1)
    # Samples of several sizes load their arrays differently, and so do the signs.
    x = torch.randn(6, 20, 8) * torch.linspace(0.2, 1.0, 6)[:, None, None]
    errors = ("quantisation", "wires") if quantised else ("wires",)
    plan = plan_of(trim=trim, cell_bits=2, wires=Wires(row_segment=100.0, column_segment=100.0))
    analog = convert(SelfAttention().eval(), plan, errors)
    product = analog_products(analog)["attention.scores"]
    written: list[torch.Tensor] = []
    product.register_forward_pre_hook(lambda _, given: written.append(given[1]))
    calibrate(analog, [((x,), torch.zeros(1))])
    ideal = product.write(written[-1])
    product.deploy(0, 0)
    held = product.write(written[-1])
    bare = AnalogProduct("bare", replace(plan, trim="none"), frozenset(errors))
    bare.written_limit.copy_(product.written_limit)
    bare.deploy(0, 0)
    plain = bare.write(written[-1])
    # One number a slice, for both signs and all samples: what they lose apart from the mean stays lost.
    by_slice = lambda a, b: (a.double() * b).flatten(1).sum(1)  # noqa: E731
    gain = by_slice(plain, held) / by_slice(plain, plain)
    torch.testing.assert_close(held, plain * gain[:, None, None, None, None].float(), rtol=1e-5, atol=1e-7)
    power, answer = by_slice(ideal, ideal), by_slice(ideal, plain)
    assert bool((answer < 0.98 * power).all())
    common = (power.sum() / answer.sum()).expand(len(power))
    wanted = {"none": torch.ones_like(power), "matrix": common, "array": power / answer}[trim]
    torch.testing.assert_close(gain, wanted, rtol=1e-5, atol=0.0)


def test_a_module_used_twice_is_one_array_and_shared_weights_stay_tied() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(6, 6)
            self.again = self.first
            self.tied = nn.Linear(6, 6)
            self.tied.weight = self.first.weight
            self.norm = nn.LayerNorm(6)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = self.norm(self.tied(self.again(self.first(x))))
            return made

    analog = convert(Twice(), plan_of(), ())
    assert analog.first is analog.again and list(analog_layers(analog)) == ["first", "tied"]
    assert analog.tied.weight is analog.first.weight
    assert digital_layers(analog) == ["norm (LayerNorm)"]


class Own(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * 2


def hooked() -> nn.Module:
    net = nn.Linear(2, 2)
    net.register_forward_hook(lambda *_: None)
    return net


def tied_attention() -> nn.Module:
    both = nn.ModuleList([nn.MultiheadAttention(4, 2), nn.MultiheadAttention(4, 2)])
    both[1].in_proj_weight = both[0].in_proj_weight
    return both


@pytest.mark.parametrize(
    ("net", "what"),
    [
        (tied_attention, "layer 0 .*shares its projections"),
        (lambda: nn.Sequential(nn.ReLU(), nn.LayerNorm(3)), "no layer to put on arrays; it has none of: Linear"),
        (lambda: nn.Sequential(Own(2, 2)), r"layer 0 \(Own\): has a forward of its own"),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "parametrised weight"),
        (hooked, "hooks"),
        (lambda: nn.LazyLinear(3), "no weights yet"),
        (lambda: nn.MultiheadAttention(4, 2, add_zero_attn=True), "add_zero_attn is not supported"),
    ],
)
def test_what_cannot_be_put_on_arrays_is_named(net: object, what: str) -> None:
    with pytest.raises(ConversionError, match=what):
        convert(net(), plan_of(), ())  # type: ignore[operator]


def test_a_class_without_effect_and_a_missing_calibration_are_errors() -> None:
    net = nn.Linear(3, 2)
    with pytest.raises(ParameterError, match="wires has no effect"):
        convert(net, plan_of(wires=Wires()), ("wires",))
    with pytest.raises(ParameterError, match="did you mean 'stuck'"):
        convert(net, plan_of(), ("stuk",))
    with pytest.raises(ConversionError, match="ranges are not calibrated"):
        convert(net, plan_of(), ("quantisation",))(torch.ones(1, 3))
    with pytest.raises(ConversionError, match="no layer on arrays"):
        deploy(net, 0, 0)
    with pytest.raises(DataError, match="not finite"):
        on_arrays(net, plan_of(), ("quantisation",), torch.full((2, 3), torch.nan))


def test_the_map_read_from_a_chip_is_its_own() -> None:
    net, x = NETWORKS["dense"]
    analog = on_arrays(net, plan_of(), ("quantisation", "stuck"), x)
    maps = stuck_maps_of(analog, 4, 1)
    reports = deploy(analog, 4, 1)
    assert {name: int((found.cells != 0).sum()) for name, found in maps.items()} == {
        name: report["n_stuck"] for name, report in reports.items()
    }
    drawn = analog(x)
    deploy(analog, 4, 1, stuck_maps=maps)
    assert torch.equal(analog(x), drawn)
    with pytest.raises(DataError, match="chip 1 of seed 4"):
        deploy(analog, 4, 0, stuck_maps=maps)
    with pytest.raises(DataError, match="'3': no such matrix"):
        deploy(analog, 4, 1, stuck_maps={**maps, "3": maps["0"]})


def test_attention_keeps_its_arrays_inside_torch_s_fused_encoder() -> None:
    net, x = NETWORKS["encoder"]
    analog = on_arrays(net.eval(), plan_of(), ("stuck",), x)
    assert len(analog_layers(analog)) == 6 and len(analog_products(analog)) == 2
    calls: list[str] = []
    for label, layer in {**analog_layers(analog), **analog_products(analog)}.items():
        layer.register_forward_hook(lambda *_, label=label: calls.append(label))
    analog(x)
    assert len(set(calls)) == 8
    assert isinstance(analog.layers[0].self_attn, AnalogAttention)
