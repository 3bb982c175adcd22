"""What training samples is what chips hold: noise, faults and wires against `program_matrix`, gradients included."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from torch import nn  # noqa: E402

from spikecim.analog.deploy import matrices, unpacked  # noqa: E402
from spikecim.analog.layers import AnalogLayer  # noqa: E402
from spikecim.analog.noise import AwareSampler  # noqa: E402
from spikecim.analog.schedule import AwareSchedule  # noqa: E402
from spikecim.analog.walk import analog_layers  # noqa: E402
from spikecim.analog.wire_maps import wire_map  # noqa: E402
from spikecim.analog.wires_grad import transfer  # noqa: E402
from spikecim.arrays.analog.plan import ArrayPlan  # noqa: E402
from spikecim.arrays.analog.programming import program_matrix  # noqa: E402
from spikecim.arrays.analog.stuck import draw_stuck  # noqa: E402
from spikecim.arrays.crossbar.transfer import transfer_matrix  # noqa: E402
from spikecim.arrays.crossbar.wires import Wires  # noqa: E402
from spikecim.devices.library import load_device  # noqa: E402
from spikecim.errors import ParameterError  # noqa: E402
from tests.analog.plans import WIRES, on_arrays, plan_of  # noqa: E402


def layer_of(plan: ArrayPlan, errors: tuple[str, ...], groups: int = 1) -> AnalogLayer:
    torch.manual_seed(5)
    net: nn.Module = nn.Linear(24, 20) if groups == 1 else nn.Conv2d(4, 4, 3, groups=4)
    x = torch.rand(4, 24) if groups == 1 else torch.rand(2, 4, 5, 5)
    return next(iter(analog_layers(on_arrays(net, plan, errors, x)).values()))


def sampler_of(layer: AnalogLayer, **options: object) -> AwareSampler:
    return AwareSampler(wiring=layer.wiring, schedule=AwareSchedule(**options))  # type: ignore[arg-type]


def programmed(layer: AnalogLayer, errors: set[str], seed: int = 0, maps: object = None) -> np.ndarray:
    parts = [
        program_matrix(matrix, layer.wiring.plan, frozenset(errors), seed, stuck_map=maps)  # type: ignore[arg-type]
        for matrix in matrices(layer).values()
    ]
    return np.concatenate([unpacked(part.weights, layer.wiring.pack) for part in parts])


@pytest.mark.parametrize("device", ["hfo2-rram", "hfo2-slc", "nor-flash"])
@pytest.mark.parametrize("quantised", [True, False])
def test_sampled_weights_scatter_as_programmed_ones(device: str, quantised: bool) -> None:
    plan = plan_of(device=load_device(device), rows=32, columns=32)
    errors = {"fluctuation", *(["quantisation"] if quantised else [])}
    layer = layer_of(plan, tuple(errors))
    sampler = sampler_of(layer)
    torch.manual_seed(1)
    n = 150
    with torch.no_grad():
        mine = torch.stack([sampler.weights(layer) for _ in range(n)]).double().numpy()
    chips = np.stack([programmed(layer, errors, seed) for seed in range(n)])
    # A read is part of what training draws.
    read = program_matrix(next(iter(matrices(layer).values())), plan, frozenset(errors), 0).read_sd
    reads = 0.0 if read is None else float(np.square(read).sum(0).mean())
    # The mean square of each draw gives variance and standard error, whatever the tails of the cells are.
    squares = [np.square(draws - draws.mean(0)).mean((1, 2)) * n / (n - 1) for draws in (mine, chips)]
    error = float(np.hypot(*(one.std(ddof=1) / n**0.5 for one in squares)))
    wanted = float(squares[1].mean()) + reads
    # The trim of each chip takes the one direction of 480 along which its noise scales all weights.
    assert squares[0].mean() == pytest.approx(wanted, abs=5 * error + wanted / 480)
    assert error < 0.03 * wanted
    # Mean errors of both, seen against the spread of a mean over n draws.
    gap = mine.mean(0) - chips.mean(0)
    assert np.abs(gap).max() < 6 * np.sqrt((mine.var(0) + chips.var(0)) / n).max()


@pytest.mark.parametrize("groups", [1, 4])
def test_a_known_map_strikes_the_weights_that_programming_strikes(groups: int) -> None:
    layer = layer_of(plan_of(trim="none", rows=40, columns=32), ("quantisation", "stuck"), groups)
    (matrix,) = matrices(layer).values()
    cells = draw_stuck((2, layer.wiring.n_slices, *matrix.shape), (0.1, 0.05), 3)
    sampler = sampler_of(layer)
    sampler.faults = torch.from_numpy(unpacked(cells, layer.wiring.pack))
    wanted = programmed(layer, {"quantisation", "stuck"}, maps=cells)
    found = sampler.weights(layer)
    np.testing.assert_allclose(found.detach().numpy(), wanted, atol=1e-5 * np.abs(wanted).max())
    found.sum().backward()
    assert torch.equal(layer.weight.grad, torch.ones_like(layer.weight))


def test_statistical_faults_are_fresh_and_as_many_as_the_device_has() -> None:
    layer = layer_of(plan_of(), ("stuck",))
    sampler = sampler_of(layer)
    torch.manual_seed(2)
    with torch.no_grad():
        plain = layer.matrix()
        struck = torch.stack([sampler.weights(layer) != plain for _ in range(400)])
    low, high = layer.wiring.plan.device.stuck_shares
    # A continuous weight has two cells; each fault moves it.
    mean, n = 2 * (low + high), struck.numel()
    assert float(struck.double().mean()) == pytest.approx(mean, abs=4 * (mean / n) ** 0.5 + mean**2)
    assert not torch.equal(struck[0], struck[1])


@pytest.mark.parametrize("kind", ["exact", "refreshed", "position"])
def test_wires_in_training_are_those_of_the_arrays(kind: str) -> None:
    layer = layer_of(plan_of(), ("quantisation", "wires"))
    sampler = sampler_of(layer, wires=kind)
    sampler.wires = None if kind == "exact" else wire_map(layer, kind)
    found = sampler.weights(layer).detach().numpy()
    wanted, ideal = programmed(layer, {"quantisation", "wires"}), programmed(layer, {"quantisation"})
    damage = np.linalg.norm(wanted - ideal)
    assert damage > 1e-3 * np.linalg.norm(ideal)
    assert np.linalg.norm(found - wanted) < {"exact": 1e-4, "refreshed": 1e-4, "position": 0.4}[kind] * damage


@pytest.mark.parametrize(
    "wires",
    [
        WIRES,
        Wires(row_segment=3.0, driver=50.0, drive_end="right", access=100.0),
        Wires(column_segment=3.0, sense=50.0, sense_end="top"),
    ],
)
def test_the_differentiable_transfer_matrix_is_the_solver_s(wires: Wires) -> None:
    draws = np.random.default_rng(0)
    cells = draws.uniform(1e-6, 1e-4, (2, 5, 4))
    cells[0, 1, 2] = 0.0
    found = transfer(torch.from_numpy(cells), wires).numpy()
    np.testing.assert_allclose(found, transfer_matrix(cells, wires), rtol=1e-10, atol=1e-18)
    scaled = torch.tensor(cells[1, :3, :3] * 1e5, requires_grad=True)
    assert torch.autograd.gradcheck(lambda g: 1e5 * transfer(g * 1e-5, wires), scaled)


def test_what_the_differentiable_circuit_does_not_take_is_refused() -> None:
    with pytest.raises(ParameterError, match="passive"):
        transfer(torch.ones(2, 2), Wires(kind="gated"))
    with pytest.raises(ParameterError, match="at most 4096 cells"):
        transfer(torch.ones(65, 64), WIRES)
