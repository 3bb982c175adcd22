"""The training loop: it learns, its gradients are right, stops and resumes change nothing, bad input is one line."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from spikecim.devices.pulsed.library import load_pulsed
from spikecim.errors import ParameterError, ResultFileError, TrainingError
from spikecim.insitu.array_spec import ArrayReads
from spikecim.insitu.image_sets import TrainingImages, training_images
from spikecim.insitu.mlp import MlpJob, train_mlp
from spikecim.insitu.mlp.network import one_hot
from spikecim.insitu.mlp.state import begun
from spikecim.insitu.reads import ReadTime
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.results.insitu_run import EpochPoint, TrainingRun

DEVICE = load_pulsed("+4/-4~1%")
MOMENTUM = UpdateSpec(rule="momentum", gamma=0.5, rate=0.1)
FULL = ArrayReads(rows=32, adc_forward=6, adc_error=6, adc_gradient=8, on_off=20.0, reference="half", read_noise=0.01)


@pytest.fixture(scope="module")
def digits() -> TrainingImages:
    return training_images("digits")


def job_of(**settings: Any) -> MlpJob:
    plain = {"device": DEVICE, "update": MOMENTUM, "dataset": "digits", "sizes": (64, 24, 10), "epochs": 3, "batch": 70}
    return MlpJob(**{**plain, **settings})


def same(one: TrainingRun, other: TrainingRun) -> bool:
    """Equal to the last bit; CPU time is no result."""
    return replace(one, cpu_s=0.0) == replace(other, cpu_s=0.0)


class Stopped(Exception):
    """In place of a kill."""


def test_gradients_are_those_of_the_loss(digits: TrainingImages) -> None:
    """Against finite differences of the loss, with ideal reads."""
    training = begun(job_of())
    network, when = training.network, ReadTime(step=0, samples=np.arange(5))
    pixels, targets = digits.train.codes[:5], one_hot(digits.train.labels[:5], 10)
    weights = [layer.weights().astype(np.float64) for layer in training.layers]

    def loss() -> float:
        held = network.matrices([np.asarray(w) for w in weights])  # type: ignore[arg-type]
        return float(((network.forward(pixels, held, when).outputs[-1] - targets) ** 2).sum() / 2 / 5)

    seen = network.forward(pixels, network.matrices([layer.weights() for layer in training.layers]), when)
    found = network.gradients(seen, network.errors(seen, targets, when), when)
    for number, cell in ((0, (28, 3)), (0, (36, 20)), (1, (0, 0)), (1, (23, 9))):
        kept, h = weights[number][cell], 2.0**-8
        weights[number][cell] = kept + h
        up = loss()
        weights[number][cell] = kept - h
        slope = (up - loss()) / (2 * h)
        weights[number][cell] = kept
        assert abs(slope) > 1e-6
        assert found[number][cell] == pytest.approx(slope, rel=5e-3)


def test_it_learns_and_counts(digits: TrainingImages) -> None:
    points: list[EpochPoint] = []
    ticks: list[tuple[int, int]] = []
    run = train_mlp(job_of(epochs=8), images=digits, tick=lambda *at: ticks.append(at), epoch=points.append)
    assert run.test > 0.75
    assert run.curve == tuple(points)
    assert [point.epoch for point in points] == list(range(1, 9))
    assert points[-1].loss < points[0].loss
    assert ticks[-1] == (8 * 15, 8 * 15) == (run.steps, run.steps)
    assert run.samples == 8 * 1000
    first, last = run.layers
    assert (first.n_in, first.n_out, last.n_in, last.n_out) == (64, 24, 24, 10)
    assert first.cells == first.n_in * first.n_out
    assert first.pulses_up + first.pulses_down >= first.cells_written > 0
    assert (first.macs_forward, first.macs_error, first.macs_gradient) == (8000 * 64 * 24, 0, 8000 * 64 * 24)
    assert last.macs_error == 8000 * 240


def test_a_perceptron_and_a_deeper_network(digits: TrainingImages) -> None:
    for sizes, reached in (((64, 10), 0.7), ((64, 20, 15, 10), 0.2)):
        run = train_mlp(job_of(sizes=sizes, epochs=6, update=UpdateSpec(rate=0.1)), images=digits)
        assert len(run.layers) == len(sizes) - 1
        assert run.validation > reached


def test_one_sample_at_a_time(digits: TrainingImages) -> None:
    few = replace(digits, train=replace(digits.train, codes=digits.train.codes[:30], labels=digits.train.labels[:30]))
    run = train_mlp(job_of(batch=1, epochs=1, reads=FULL), images=few)
    assert run.steps == 30


@pytest.mark.parametrize("reads", [ArrayReads(), FULL], ids=["converters", "all effects"])
def test_killed_after_every_epoch_and_resumed(tmp_path: Path, digits: TrainingImages, reads: ArrayReads) -> None:
    job, path = job_of(reads=reads, epochs=4), tmp_path / "run.npz"
    whole = train_mlp(job, images=digits)
    seen: list[EpochPoint] = []

    for number in range(1, 4):
        seen.clear()

        def kill(point: EpochPoint, last: int = number) -> None:
            seen.append(point)
            if point.epoch == last:
                raise Stopped

        with pytest.raises(Stopped):
            train_mlp(job, images=digits, checkpoint=path, epoch=kill)
    seen.clear()
    again = train_mlp(job, images=digits, checkpoint=path, epoch=seen.append)
    assert same(whole, again)
    assert tuple(seen) == whole.curve, "the points of before are told again"
    assert same(whole, train_mlp(job, images=digits, checkpoint=path)), "a finished training is judged again"


@pytest.mark.parametrize("made_by", ["0.0.9", None])
def test_a_checkpoint_of_another_version_is_gone_on_with(
    tmp_path: Path, digits: TrainingImages, monkeypatch: pytest.MonkeyPatch, made_by: str | None
) -> None:
    """Another version is said; a checkpoint from before versions were written says nothing."""
    job, path = job_of(epochs=1), tmp_path / "run.npz"
    monkeypatch.setattr("spikecim.insitu.checkpoints.__version__", made_by)
    whole = train_mlp(job, images=digits, checkpoint=path)
    monkeypatch.undo()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert same(whole, train_mlp(job, images=digits, checkpoint=path))
    said = [str(item.message) for item in told if "was written by spikecim" in str(item.message)]
    assert len(said) == (made_by is not None)


def test_a_rule_that_cannot_have_the_device_is_refused_before_training() -> None:
    with pytest.raises(ParameterError, match="a table of measured steps"):
        job_of(update=UpdateSpec(rule="v2.1", gamma=0.9), device=load_pulsed("rram-hfo2-table"))


def test_an_interrupt_within_an_epoch_leaves_the_last_checkpoint(tmp_path: Path, digits: TrainingImages) -> None:
    job, path = job_of(epochs=4), tmp_path / "run.npz"

    def interrupt(done: int, total: int) -> None:
        if done > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_mlp(job, images=digits, checkpoint=path, tick=interrupt)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.npz"]
    assert same(train_mlp(job, images=digits), train_mlp(job, images=digits, checkpoint=path))


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"update": replace(MOMENTUM, rate=0.2)},
        {"device": load_pulsed("+4/-4~2%")},
        {"reads": FULL},
        {"epochs": 5},
        {"sizes": (64, 12, 10)},
        {"gains": (0.5, 1.5)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_checkpoint_of_another_training_stays(tmp_path: Path, digits: TrainingImages, other: dict[str, Any]) -> None:
    path = tmp_path / "run.npz"
    train_mlp(job_of(epochs=1), images=digits, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ResultFileError, match="another training") as told:
        train_mlp(job_of(**{"epochs": 1, **other}), images=digits, checkpoint=path)
    assert "\n" not in str(told.value)
    assert path.read_bytes() == before


def test_other_images_are_another_training(tmp_path: Path, digits: TrainingImages) -> None:
    path, codes = tmp_path / "run.npz", digits.train.codes.copy()
    train_mlp(job_of(epochs=1), images=digits, checkpoint=path)
    codes[0, 0] ^= 255
    with pytest.raises(ResultFileError, match="another training"):
        changed = replace(digits, train=replace(digits.train, codes=codes))
        train_mlp(job_of(epochs=1), images=changed, checkpoint=path)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut off", b"\x93NUMPY\x01\x00"])
def test_a_damaged_checkpoint_is_named_and_stays(tmp_path: Path, digits: TrainingImages, content: bytes) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(ResultFileError, match=r"run\.npz: is no checkpoint"):
        train_mlp(job_of(epochs=1), images=digits, checkpoint=path)
    assert path.read_bytes() == content


def test_threads_change_nothing(digits: TrainingImages) -> None:
    job = job_of(reads=FULL, epochs=2, batch=100)
    runs = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            runs.append(train_mlp(job, images=digits))
    assert same(*runs)


@pytest.mark.parametrize(
    "effect",
    [
        {"input_bits": 2},
        {"error_bits": 3},
        {"adc_forward": 4},
        {"adc_error": 4},
        {"adc_gradient": 4},
        {"on_off": 4.0},
        {"on_off": 4.0, "reference": "half"},
        {"read_noise": 0.02},
        {"adc_forward": 4, "rows": 32},
        {"adc_forward": 4, "coverage": 0.9},
        {"adc_forward": 4, "calibrate": "start"},
    ],
    ids=str,
)
def test_each_effect_alone_changes_the_result(digits: TrainingImages, effect: dict[str, Any]) -> None:
    plain = {"input_bits": None, "error_bits": None}
    without = {name: value for name, value in effect.items() if name == "adc_forward" and len(effect) > 1}
    runs = [
        train_mlp(job_of(epochs=2, reads=ArrayReads(**{**plain, **reads})), images=digits)
        for reads in (without, effect)
    ]
    assert runs[0].curve != runs[1].curve


def test_dark_images_write_nothing_in_the_first_layer(digits: TrainingImages) -> None:
    """All-zero gradients are no error: nothing is written."""
    dark = replace(digits, train=replace(digits.train, codes=np.zeros_like(digits.train.codes)))
    first, last = train_mlp(job_of(epochs=1, reads=ArrayReads(adc_forward=6)), images=dark).layers
    assert first.pulses_up + first.pulses_down == 0
    assert last.pulses_up + last.pulses_down > 0


def test_a_pair_has_two_cells_and_learns(digits: TrainingImages) -> None:
    run = train_mlp(job_of(pairing="pair", epochs=6), images=digits)
    assert run.layers[0].cells == 2 * 64 * 24
    assert run.validation > 0.5


def test_rate_drops() -> None:
    job = job_of(rate_drops=((0.5, 0.5), (0.8, 0.1)))
    assert [job.rate_factor(done) for done in (0.0, 0.49, 0.5, 0.79, 0.8, 0.99)] == [1.0, 1.0, 0.5, 0.5, 0.1, 0.1]


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"sizes": (64,)}, "sizes"),
        ({"sizes": (64, 0, 10)}, "sizes"),
        ({"sizes": (64, 9)}, "sizes"),
        ({"dataset": "cifar10"}, "dataset"),
        ({"epochs": 0}, "epochs"),
        ({"batch": 0.5}, "batch"),
        ({"pairing": "triple"}, "pairing"),
        ({"gains": (1.0,)}, "gains"),
        ({"gains": (1.0, float("nan"))}, "gains"),
        ({"spread": -1.0}, "spread"),
        ({"rate_drops": ((0.6, 0.0),)}, "rate_drops"),
        ({"rate_drops": ((0.6, 0.5), (0.3, 0.2))}, "rate_drops"),
    ],
)
def test_bad_jobs_are_named(bad: dict[str, Any], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        job_of(**bad)


def test_sizes_must_fit_the_images(digits: TrainingImages) -> None:
    with pytest.raises(ParameterError, match="64 pixels"):
        train_mlp(job_of(sizes=(400, 10)), images=digits)


def test_weights_beyond_the_window_are_clamped_and_counted(digits: TrainingImages) -> None:
    with pytest.warns(UserWarning, match="layer0: initial weights: .* outside"):
        run = train_mlp(job_of(sizes=(64, 10), spread=1.5, epochs=1), images=digits)
    assert run.layers[0].clamped == pytest.approx(640 / 3, abs=5 * math.sqrt(640 * 2 / 9))


def test_an_error_that_is_not_finite_is_told(digits: TrainingImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spikecim.insitu.mlp.network.sigmoid", lambda x: np.full_like(x, np.nan))
    with pytest.raises(TrainingError, match="not a finite number"):
        train_mlp(job_of(epochs=1), images=digits)
