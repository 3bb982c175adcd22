"""Hardware-aware training on a toy task: it helps, goes on where it stopped, and stops where it must."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from torch import Tensor, nn  # noqa: E402

from benchmarks.aware_cases import epoch_rows  # noqa: E402
from benchmarks.cases import QUICK  # noqa: E402
from spikecim.analog import aware  # noqa: E402
from spikecim.analog.aware import train_aware  # noqa: E402
from spikecim.analog.calibrate import calibrate  # noqa: E402
from spikecim.analog.convert import convert  # noqa: E402
from spikecim.analog.deploy import deploy, stuck_maps_of  # noqa: E402
from spikecim.analog.fitting import engage, fitted, stepped  # noqa: E402
from spikecim.analog.schedule import AwareSchedule, schedule_from  # noqa: E402
from spikecim.analog.task import Batch, Batches  # noqa: E402
from spikecim.arrays.analog.classes import CLASSES  # noqa: E402
from spikecim.errors import DataError, ParameterError, ResultFileError, TrainingError  # noqa: E402
from tests.analog.plans import on_arrays, plan_of  # noqa: E402

SCHEDULE = AwareSchedule(epochs=3, rate=5e-3, chips=2)
ALL = frozenset(CLASSES)


def batches_of(seed: int, n: int) -> Iterator[Batch]:
    draws = torch.Generator().manual_seed(seed)
    centres = torch.randn(5, 32, generator=torch.Generator().manual_seed(0))
    for _ in range(n):
        labels = torch.randint(5, (32,), generator=draws)
        yield (centres[labels] + 1.6 * torch.randn(32, 32, generator=draws),), labels.float()


@cache
def trained() -> nn.Module:
    torch.manual_seed(7)
    net = nn.Sequential(
        nn.Unflatten(1, (2, 4, 4)),
        nn.Conv2d(2, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(96, 16),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(16, 5),
    )
    rate = torch.optim.Adam(net.parameters(), 5e-3)
    for inputs, targets in batches_of(99, 40):
        rate.zero_grad()
        nn.functional.cross_entropy(net(*inputs), targets.long()).backward()
        rate.step()
    return net.eval()


@dataclass(frozen=True)
class Blobs:
    """Five classes around five points, a small network with every part that training treats."""

    name: str = "blobs"
    poison: int = -1  # the epoch whose targets are not numbers
    n_train: int = 384
    held_out: int = 5000  # which samples are validated on
    shift: float = 0.0  # of the data
    start: float = 1.0  # of the last bias

    def module(self) -> nn.Module:
        found = copy.deepcopy(trained())
        with torch.no_grad():
            found[-1].bias *= self.start
        return found

    def training(self, seed: int, epoch: int) -> Iterator[Batch]:
        for (inputs,), targets in batches_of(1000 * seed + epoch + 1, self.n_train // 32):
            yield (inputs + self.shift,), targets * (float("nan") if epoch == self.poison else 1.0)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if bool(torch.isnan(targets).any()):
            return outputs.sum() * float("nan")
        return nn.functional.cross_entropy(outputs, targets.long())

    def validation(self) -> Batches:
        return list(batches_of(self.held_out, 4))

    def test(self, n: int) -> Batches:
        return list(batches_of(6000, n // 32))

    def accuracy(self, module: nn.Module, batches: Batches) -> float:
        with torch.no_grad():
            right = [float((module(*x).argmax(1) == y).float().mean()) for x, y in batches]
        return sum(right) / len(right)


def scores(folder: Path) -> list[float]:
    return list(torch.load(folder / "blobs.aware.pt", weights_only=True)["scores"])


def same(a: nn.Module, b: nn.Module) -> bool:
    ours, theirs = a.state_dict(), b.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)


def on_chips(task: Blobs, analog: nn.Module) -> float:
    total = 0.0
    for chip in range(4):
        deploy(analog, 77, chip)
        total += task.accuracy(analog, task.test(320))
    return total / 4


def test_training_gives_accuracy_back(tmp_path: Path) -> None:
    task, plan = Blobs(), plan_of(weight_bits=2, input_bits=2, adc_bits=3)
    before = convert(task.module(), plan, ALL)
    calibrate(before, task.validation())
    lost = on_chips(task, before)
    found = train_aware(task, plan, ALL, replace(SCHEDULE, epochs=4), tmp_path)
    assert not found.training
    # The same 4 chips and 320 samples before and after: a standard error of about 1 point.
    assert on_chips(task, found) > lost + 0.04
    assert len(scores(tmp_path)) == 5 and max(scores(tmp_path)) > scores(tmp_path)[0]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "order": "progressive",
            "quantisers": "learned",
            "average": 0.9,
            "norms": "trained",
            "wires": "refreshed",
            "sigmas": 2.5,
        },
        {"optimiser": "sgd", "wires": "exact"},
    ],
    ids=["full", "everything", "exact"],
)
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(tmp_path: Path, changes: dict[str, object]) -> None:
    schedule = replace(SCHEDULE, steps=4, chips=1, **changes)  # type: ignore[arg-type]
    whole = train_aware(Blobs(), plan_of(), ALL, schedule, tmp_path / "whole")

    class Stop(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        assert total == 12
        if done == 7:
            raise Stop

    with pytest.raises(Stop):
        train_aware(Blobs(), plan_of(), ALL, schedule, tmp_path / "cut", 0, stop)
    steps: list[int] = []
    again = train_aware(
        Blobs(), plan_of(), ALL, schedule, tmp_path / "cut", 0, lambda stage, done, total: steps.append(done)
    )
    assert steps[0] == 5, "the second epoch begins anew"
    assert same(whole, again) and scores(tmp_path / "whole") == scores(tmp_path / "cut")
    # A finished run is read, not repeated; another seed is another run.
    assert same(whole, train_aware(Blobs(), plan_of(), ALL, schedule, tmp_path / "cut", 0, stop))
    with pytest.raises(ResultFileError, match="is of another training"):
        train_aware(Blobs(), plan_of(), ALL, schedule, tmp_path / "cut", 1)


@pytest.mark.parametrize("other", [{"n_train": 352}, {"shift": 0.5}, {"held_out": 5001}, {"start": 0.99}])
def test_a_finished_run_is_never_returned_for_other_data_or_weights(tmp_path: Path, other: dict[str, object]) -> None:
    schedule = replace(SCHEDULE, epochs=1, steps=1, chips=1)
    train_aware(Blobs(), plan_of(), frozenset({"fluctuation"}), schedule, tmp_path)
    before = (tmp_path / "blobs.aware.pt").read_bytes()
    again = replace(Blobs(), **other)  # type: ignore[arg-type]
    with pytest.raises(ResultFileError, match=r"another training .*data or start weights") as told:
        train_aware(again, plan_of(), frozenset({"fluctuation"}), schedule, tmp_path)
    assert "\n" not in str(told.value) and (tmp_path / "blobs.aware.pt").read_bytes() == before


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=re.escape("task blobs: the loss is nan at step 1 of epoch 2; stopped")
    ) as told:
        train_aware(Blobs(poison=1), plan_of(), ALL, SCHEDULE, tmp_path)
    assert "\n" not in str(told.value)
    state = torch.load(tmp_path / "blobs.aware.pt", weights_only=True)
    assert state["epochs"] == 1 and len(state["scores"]) == 2
    assert all(torch.isfinite(value).all() for value in state["best"].values())
    # The file is good: with the data mended the run goes on from there.
    first: list[int] = []
    train_aware(Blobs(), plan_of(), ALL, SCHEDULE, tmp_path, 0, lambda stage, done, total: first.append(done))
    assert first[0] == 13


def test_clipped_weights_narrow_the_range() -> None:
    net = on_arrays(nn.Linear(30, 20), plan_of(), (), torch.rand(2, 30))
    fit = fitted(net, replace(SCHEDULE, sigmas=1.2), None)
    bound = 1.2 * float(net.weight.detach().std(correction=0))
    before = net.weight.detach().clone()
    stepped(net, fit)
    torch.testing.assert_close(net.weight.detach(), before.clamp(-bound, bound))
    assert float(before.abs().max()) > bound


@pytest.mark.parametrize("errors", [(), CLASSES], ids=["none", "all"])
def test_every_parameter_of_attention_learns(errors: tuple[str, ...]) -> None:
    torch.manual_seed(4)
    block = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, batch_first=True)
    x = torch.randn(3, 5, 8)
    analog = on_arrays(block, plan_of(rows=8, columns=8), errors, x)
    engage(analog, fitted(analog, SCHEDULE, None), 0)
    analog(x).square().sum().backward()
    grads = {name: value.grad for name, value in analog.named_parameters()}
    assert all(grad is not None and bool(torch.isfinite(grad).all()) for grad in grads.values())
    # The key's bias shifts all scores of a row alike: softmax forgets it.
    assert all(bool((grad != 0).any()) for name, grad in grads.items() if grad is not None and "key.bias" not in name)
    if not errors:
        block.train()(x).square().sum().backward()
        parts = [grads[f"self_attn.{name}.weight"] for name in ("query", "key", "value")]
        torch.testing.assert_close(torch.cat(parts), block.self_attn.in_proj_weight.grad, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(grads["linear1.weight"], block.linear1.weight.grad, atol=1e-5, rtol=1e-4)


def test_a_last_step_that_goes_astray_is_seen_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(analog: nn.Module, fit: object) -> None:
        with torch.no_grad():
            next(analog.parameters()).fill_(float("inf"))

    monkeypatch.setattr(aware, "stepped", broken)
    with pytest.raises(TrainingError, match="weights are not finite numbers at the end of epoch 1"):
        train_aware(Blobs(), plan_of(), frozenset(), replace(SCHEDULE, steps=1), tmp_path)
    assert len(scores(tmp_path)) == 1


def test_exact_wires_are_refused_where_they_would_not_fit(tmp_path: Path) -> None:
    schedule = replace(SCHEDULE, wires="exact")
    with pytest.raises(ParameterError, match="at most 4096 cells, this one has 96 x 64"):
        wide = plan_of(rows=128, columns=128)
        fitted(on_arrays(nn.Linear(96, 64), wide, ("wires",), torch.rand(2, 96)), schedule, None)
    with pytest.raises(ParameterError, match="takes layers of one group, network has 4"):
        groups = on_arrays(nn.Conv2d(4, 4, 3, groups=4), plan_of(), ("wires",), torch.rand(2, 4, 5, 5))
        fitted(groups, schedule, None)


def test_a_damaged_checkpoint_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "blobs.aware.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ResultFileError, match="is not a checkpoint of a hardware-aware training"):
        train_aware(Blobs(), plan_of(), frozenset(), SCHEDULE, tmp_path)


def test_progressive_training_goes_from_front_to_back() -> None:
    schedule = AwareSchedule(epochs=8, order="progressive", ramp=0.5)
    assert [schedule.layers_on(epoch, 6) for epoch in range(8)] == [2, 3, 5, 6, 6, 6, 6, 6]
    assert AwareSchedule(epochs=8).layers_on(0, 6) == 6


def test_frozen_norms_stay_and_trained_ones_move(tmp_path: Path) -> None:
    once = replace(SCHEDULE, epochs=1, rate=2e-2)
    start = Blobs().module()[2]
    kept = train_aware(Blobs(), plan_of(), frozenset({"fluctuation"}), once, tmp_path / "a")[2]
    assert torch.equal(kept.running_mean, start.running_mean) and torch.equal(kept.weight, start.weight)
    state = tmp_path / "b"
    train_aware(Blobs(), plan_of(), frozenset({"fluctuation"}), replace(once, norms="trained"), state)
    moved = torch.load(state / "blobs.aware.pt", weights_only=True)["module"]
    assert not torch.equal(moved["2.running_mean"], start.running_mean)
    assert not torch.equal(moved["2.weight"], start.weight)


def test_a_chip_s_own_map_trains_for_this_chip(tmp_path: Path) -> None:
    task, plan, errors = Blobs(), plan_of(), frozenset({"stuck"})
    analog = convert(task.module(), plan, errors)
    maps = stuck_maps_of(analog, 3, 0)
    seen: list[object] = []
    before = aware.engage

    def watched(analog: nn.Module, fit: object, epoch: int) -> None:
        seen.extend(sampler.faults for sampler in fit.samplers.values())  # type: ignore[attr-defined]
        before(analog, fit, epoch)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aware, "engage", watched)
        train_aware(task, plan, errors, replace(SCHEDULE, epochs=1), tmp_path, chip_map=maps)
    for faults, found in zip(seen, maps.values(), strict=True):
        assert int((faults != 0).sum()) == int((found.cells != 0).sum())  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="none for matrix '5'"):
        train_aware(task, plan, errors, SCHEDULE, tmp_path / "b", chip_map={"1": maps["1"]})
    with pytest.raises(ParameterError, match="the class 'stuck' is off"):
        train_aware(task, plan, frozenset({"quantisation"}), SCHEDULE, tmp_path / "c", chip_map=maps)


@pytest.mark.parametrize("spares", [0, 2])
def test_a_map_is_chosen_by_on_its_own_stuck_cells(tmp_path: Path, spares: int) -> None:
    device = plan_of().device
    none = {key: replace(getattr(device.spec.stuck, key), value=0.0) for key in ("share_low", "share_high")}  # type: ignore[attr-defined]
    spec = device.spec.model_copy(update={"stuck": device.spec.stuck.model_copy(update=none)})  # type: ignore[attr-defined]
    plan = plan_of(device=replace(device, spec=spec))  # type: ignore[type-var]
    errors, schedule = frozenset({"stuck", "fluctuation"}), replace(SCHEDULE, epochs=1, steps=1)
    drawn = stuck_maps_of(convert(Blobs().module(), plan_of(), errors), 3, 0)
    maps = {
        name: replace(found, cells=np.pad(found.cells, [(0, 0)] * 3 + [(0, spares)])) for name, found in drawn.items()
    }
    struck: list[list[int]] = []
    before = aware.deploy

    def watched(analog: nn.Module, *chip: int, **given: object) -> object:
        reports = before(analog, *chip, **given)  # type: ignore[arg-type]
        struck.append([report["n_stuck"] for report in reports.values()])
        return reports

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aware, "deploy", watched)
        train_aware(Blobs(), plan, errors, schedule, tmp_path, chip_map=maps)
    # Two epochs (the start is one) on two chips each.
    assert struck == [[int((found.cells != 0).sum()) for found in drawn.values()]] * 4
    assert sum(struck[0]) > 0


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ({"order": "backwards"}, "schedule.order: 'backwards' is unknown"),
        ({"wires": "exakt"}, "did you mean 'exact'"),
        ({"epochs": 0}, "a whole number from 1 on"),
        ({"rate": float("nan")}, "a number from 0 to 10"),
        ({"rate": 0.0}, "nothing would be learned"),
        ({"epoch": 3}, "did you mean 'epochs'"),
    ],
)
def test_schedules_say_what_is_wrong_with_them(raw: dict[str, object], what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        schedule_from(raw)


def test_the_bench_compares_an_aware_epoch_with_a_plain_one() -> None:
    plain, hardware = epoch_rows(Blobs(), replace(QUICK, aware_steps=2))
    assert hardware.against is plain and hardware.ratio is not None and hardware.ratio > 0.0
    assert "extrapolated from 2 steps" in plain.note
