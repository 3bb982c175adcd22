"""Runners: what a study says arrives in the job; a tiny training on the digits; test images in scoring only."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from spikecim.errors import ParameterError
from spikecim.insitu.study.deep_runner import job_of as deep_job
from spikecim.insitu.study.mlp_runner import MlpRunner, job_of
from spikecim.insitu.study.runner import Heard, runner_of
from spikecim.insitu.study.spec import SCORING, TUNING
from spikecim.insitu.study.tasks import cells_of, task_of
from spikecim.insitu.study.trial import try_layer
from spikecim.results.insitu_run import EpochPoint
from tests.insitu.study.fake import fake_study

TINY = {
    "data": {"name": "digits", "train": 100},
    "training": {"epochs": 1, "batch": 50, "rate_drops": []},
    "grid": {"devices": ["+-4"], "rules": ["sgd", "momentum"]},
    "reads": {"adc_forward": 6, "on_off": 12.5, "rows": 32},
}


def test_what_a_study_says_arrives_in_the_job() -> None:
    study = fake_study(**TINY)
    job = job_of(study, task_of(study, list(cells_of(study))[1], 0, SCORING, 2))
    assert (job.sizes, job.dataset, job.limit, job.epochs, job.batch) == ((64, 10), "digits", 100, 1, 50)
    assert (job.update.rule, job.update.gamma, job.update.rate, job.seed) == ("momentum", 0.9, 0.03, 1002)
    assert (job.reads.adc_forward, job.reads.adc_error, job.reads.on_off, job.reads.rows) == (6, None, 12.5, 32)
    assert job.reads.input_bits is None and job.rate_drops == ()
    nonlinearity = job.device.spec.potentiation.nonlinearity
    assert nonlinearity is not None and nonlinearity.value == 4.0


def test_a_tiny_training_and_the_test_images_in_scoring_only(tmp_path: Path) -> None:
    study = fake_study(**TINY)
    runner = runner_of(study)
    assert isinstance(runner, MlpRunner) and len(runner.digest(study)) == 16
    pair = next(iter(cells_of(study)))
    points: list[EpochPoint] = []
    heard = Heard(tick=lambda done, total: None, epoch=points.append)
    tuned = runner.train(study, task_of(study, pair, 0, TUNING, 0), heard, tmp_path / "a")
    scored = runner.train(study, task_of(study, pair, 0, SCORING, 0), heard, tmp_path / "b")
    assert math.isnan(tuned.test) and 0.0 < scored.test <= 1.0
    assert [point.epoch for point in points] == [1, 1] and points[1] == scored.curve[0]
    again = runner.train(study, task_of(study, pair, 0, SCORING, 0), heard, tmp_path / "c")
    assert (again.test, again.curve, again.layers) == (scored.test, scored.curve, scored.layers)


def test_a_deep_network_has_a_runner_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    network = {"kind": "deep", "width": 0.25}
    study = fake_study(network=network, data={"train": 640}, grid={"devices": ["2.4/-4.88@97"], "rules": ["momentum"]},
                       training={"epochs": 2}, rates={"momentum": [0.05]}, reads={"adc_forward": 6})  # fmt: skip
    runner = runner_of(study)
    runner.check(study)
    pair = next(iter(cells_of(study)))
    job = deep_job(study, task_of(study, pair, 0, TUNING, 1), tmp_path / "x.pt")
    assert (job.width, job.limit, job.epochs, job.seed, job.test) == (0.25, 640, 2, 1, False)
    assert job.reads.adc_forward == 6 and job.reads.input_bits == 8 and job.pairing == "pair"
    assert deep_job(study, task_of(study, pair, 0, SCORING, 0), None).test


def test_what_no_layer_can_be_made_of_names_device_and_rule() -> None:
    pair = next(iter(cells_of(fake_study(**TINY))))
    try_layer(pair, "pair")
    with pytest.raises(ParameterError, match=r"^device '\+-4' with rule 'sgd': pairing 'triple' is unknown"):
        try_layer(pair, "triple")
