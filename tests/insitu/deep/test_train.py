"""Training a tiny network on arrays: learns, resumes to the last bit, refuses strangers, stops at NaN."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from spikecim.devices.pulsed.library import load_pulsed  # noqa: E402
from spikecim.errors import ParameterError, ResultFileError, TrainingError  # noqa: E402
from spikecim.insitu.array_spec import ArrayReads  # noqa: E402
from spikecim.insitu.deep import train as loop  # noqa: E402
from spikecim.insitu.deep.images import ColourImages  # noqa: E402
from spikecim.insitu.deep.job import DeepJob, Software  # noqa: E402
from spikecim.insitu.deep.train import train_deep  # noqa: E402
from spikecim.insitu.rules.spec import UpdateSpec  # noqa: E402
from spikecim.results.insitu_run import TrainingRun  # noqa: E402

READS = ArrayReads(adc_forward=6, adc_error=6, adc_gradient=6, read_noise=0.01, on_off=12.5, calibration_batches=2)
SHARED = {"width": 1 / 64, "epochs": 2, "batch": 8, "crop": 1, "limit": 24, "seed": 5}
N_TRAIN, N_VALIDATION = 24, 10


def job_of(rule: str = "momentum", **changes: object) -> DeepJob:
    """A job of a few steps, with every effect of the arrays if they learn."""
    given = SHARED | changes
    if rule == "software":
        return DeepJob(update=Software(rate=0.3), device=None, reads=ArrayReads(), **given)  # type: ignore[arg-type]
    update = UpdateSpec(rule=rule, rate=0.3, gamma=0.0 if rule == "sgd" else 0.9)
    return DeepJob(update=update, device=load_pulsed("+2.4/-4.88@97/100~3.5%"), reads=READS, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def data() -> ColourImages:
    """Images whose class is where they are bright: easy to tell."""
    draws = np.random.Generator(np.random.PCG64(1))

    def part(n: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(n, dtype=np.int64) % 2
        images = draws.integers(0, 100, (n, 32, 32, 3)).astype(np.uint8)
        images[labels == 1, :, :, 0] += 120
        return images, labels

    return ColourImages(train=part(N_TRAIN), validation=part(N_VALIDATION), test=part(N_VALIDATION))


def same(first: TrainingRun, second: TrainingRun) -> bool:
    """Equal but for the time they took."""
    return replace(first, cpu_s=0.0) == replace(second, cpu_s=0.0)


def test_software_learns_what_is_easy(data: ColourImages) -> None:
    run = train_deep(job_of("software", epochs=10, flip=False), data=data)
    assert run.curve[-1].loss < run.curve[0].loss
    assert run.curve[-1].train > 0.9
    assert run.steps == 10 * 3
    assert run.samples == 10 * 24
    assert run.layers[0].macs_error == 0


@pytest.mark.parametrize("rule", ["software", "momentum"])
def test_a_run_cut_in_an_epoch_goes_on_to_the_same_result(rule: str, tmp_path: Path, data: ColourImages) -> None:
    whole = train_deep(job_of(rule), data=data)
    kept = replace(job_of(rule), checkpoint=tmp_path / "run.pt", checkpoint_steps=2)

    def stop(stage: str, done: int, total: int) -> None:
        if done in stops:
            stops.remove(done)
            raise KeyboardInterrupt

    stops = [1, 3, 6]  # before any checkpoint, at the end of an epoch, after the last step
    interrupted = 0
    while stops:
        with pytest.raises(KeyboardInterrupt):
            train_deep(kept, stop, data=data)
        interrupted += 1
    again = train_deep(kept, stop, data=data)
    assert interrupted == 3
    assert same(again, whole)
    # A finished one is read, not repeated.
    assert same(train_deep(kept, _no_step, data=data), whole)


def _no_step(stage: str, done: int, total: int) -> None:
    raise AssertionError("a finished training makes no step")


def test_in_situ_counts_pulses_and_moves_velocity_only_if_it_has_one(data: ColourImages) -> None:
    runs = {rule: train_deep(job_of(rule, epochs=1), data=data) for rule in ("sgd", "momentum")}
    for run in runs.values():
        assert run.pulses > 0
        assert run.cells == 2 * sum(layer.n_in * layer.n_out for layer in run.layers)
    assert sum(layer.velocity_bits_moved for layer in runs["sgd"].layers) == 0
    assert sum(layer.velocity_bits_moved for layer in runs["momentum"].layers) > 0


def test_a_checkpoint_of_another_training_is_refused_and_stays(tmp_path: Path, data: ColourImages) -> None:
    path = tmp_path / "run.pt"
    train_deep(job_of("software", checkpoint=path, epochs=1), data=data)
    before = path.read_bytes()
    for other in (job_of("software", seed=6, epochs=1), job_of("sgd", epochs=1)):
        with pytest.raises(ResultFileError, match="is of another training"):
            train_deep(replace(other, checkpoint=path), data=data)
    elsewhere = ColourImages(train=data.validation, validation=data.validation, test=data.test)
    with pytest.raises(ResultFileError, match="is of another training"):
        train_deep(job_of("software", checkpoint=path, epochs=1), data=elsewhere)
    assert path.read_bytes() == before
    path.write_bytes(b"no checkpoint")
    with pytest.raises(ResultFileError, match="is not a checkpoint"):
        train_deep(job_of("software", checkpoint=path, epochs=1), data=data)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_checkpoint(
    tmp_path: Path, data: ColourImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.pt"
    kept = job_of("software", checkpoint=path)
    plain, calls = loop.nn.functional.cross_entropy, []

    def broken(scores: object, labels: object) -> object:
        calls.append(1)
        loss = plain(scores, labels)  # type: ignore[arg-type]
        return loss * float("nan") if len(calls) == 5 else loss

    monkeypatch.setattr(loop.nn.functional, "cross_entropy", broken)
    with pytest.raises(TrainingError, match="loss is nan at step 2 of epoch 2"):
        train_deep(kept, data=data)
    monkeypatch.undo()
    assert same(train_deep(kept, data=data), train_deep(job_of("software"), data=data))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 0.0}, "width"),
        ({"pairing": "triple"}, "pairing"),
        ({"epochs": 0}, "epochs"),
        ({"batch": 1}, "batch"),
        ({"limit": 3}, "limit"),
        ({"spread": float("nan")}, "spread"),
        ({"validation": 50_000}, "validation"),
    ],
)
def test_bad_jobs_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        job_of(**changes)


def test_no_two_scorings_share_their_read_noise(data: ColourImages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same weights, same images: only purpose and epoch name the noise, and equal names give equal noise."""
    session = loop.begun(job_of(), data)
    session.weights.show()
    names: list[int] = []
    monkeypatch.setattr(loop, "_at", lambda network, step: names.append(step))
    for purpose, epoch in (("validation", 1), ("validation", 2), ("test", 2), ("test", 2)):
        loop.accuracy(session.network, data.validation, purpose, epoch)
    assert len(set(names)) == 3
    assert names[2] == names[3]
    assert all(0 <= name < 2**62 for name in names)


def test_a_checkpoint_of_another_version_is_gone_on_with_and_said(tmp_path: Path, data: ColourImages) -> None:
    path = tmp_path / "run.pt"
    job = job_of("software", checkpoint=path, epochs=1)
    train_deep(job, data=data)
    state = torch.load(path, weights_only=True)
    state["spikecim"] = "0.0.9"
    torch.save(state, path)
    with pytest.warns(UserWarning, match=r"run\.pt: was written by spikecim 0\.0\.9"):
        again = train_deep(job, data=data)
    assert same(again, train_deep(job_of("software", epochs=1), data=data))


def test_arrays_need_a_device_and_software_none() -> None:
    with pytest.raises(ParameterError, match="need a device"):
        replace(job_of(), device=None)
    with pytest.raises(ParameterError, match="must have none"):
        replace(job_of("software"), device=load_pulsed("ideal"))
