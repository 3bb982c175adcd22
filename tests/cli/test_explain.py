"""`spikecim explain`: short words, strict JSON, files written whole, every bad wish one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from spikecim.cli.explain import explain
from spikecim.explore.explain import explain as look_inside
from spikecim.results.decision_trace import trace_image
from spikecim.results.hdf5 import save_run
from spikecim.results.run import RunResult
from spikecim.spikes import trains_from_lists
from tests.engines.strategies import ideal_program
from tests.results.runs import run_of, small_run

N = 12


@pytest.fixture(scope="module")
def run() -> RunResult:
    return small_run(N)


@pytest.fixture(scope="module")
def file(run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explain") / "run.h5"
    save_run(run, path)
    return path


def call(*words: object) -> Any:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("explain")(explain)
    return CliRunner().invoke(app, [str(word) for word in words])


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_words(file: Path, run: RunResult) -> None:
    done = call(file, "--image", 7)
    assert done.exit_code == 0, done.output
    trace = trace_image(run, 7)
    assert f"Image 7: label {trace.label}, read as {trace.winner}" in done.stdout
    for text in (f"{trace.winner} winner", f"{trace.second} runner-up", "this chip", "ideal chip", "chip 10", "behind"):
        assert text in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_json_is_the_explanation(file: Path, run: RunResult) -> None:
    done = call(file, "--image", 3, "--json")
    assert done.exit_code == 0, done.output
    found, told = strict(done.stdout), look_inside(run, 3)
    trace, unit = told.trace, told.unit
    assert (found["image"], found["winner"], found["runner_up"]) == (3, trace.winner, trace.second)
    assert [chip["chip"] for chip in found["chips"]][:3] == ["this chip", "ideal chip", "chip 1"]
    assert len(found["chips"]) == 12
    assert [chip["winner"] for chip in found["chips"]] == [o.winner for o in (told.here, told.ideal, *told.others)]
    assert found["race"]["lead"] == trace.lead.tolist()
    assert len(found["race"]["inputs"]) == found["input_spikes"]["delivered"] == len(trace.inputs)
    assert found["race"]["membrane_units"][-1] == pytest.approx((trace.charge[-1] / unit).tolist(), abs=1e-4)
    for neuron in found["neurons"]:
        spent = neuron["packets_units"] + neuron["left_units"] + neuron["lost_units"]
        assert neuron["excitation_units"] + neuron["inhibition_units"] == pytest.approx(spent, abs=5e-4)
    lack = found["runner_up_lacked"]
    assert lack["spikes"] == told.here.scores[trace.winner] - told.here.scores[trace.second]
    assert lack["units"] == pytest.approx(float(told.difference().sum()), abs=1e-3)
    for pixel in found["pixels"]["excitatory"] + found["pixels"]["inhibitory"]:
        # No negative input spikes here: the contribution is spikes times effective weight.
        assert pixel["winner_units"] == pytest.approx(pixel["spikes"] * pixel["weight_units"], abs=1e-2)
        assert (pixel["row"] - 1) * 3 + pixel["column"] - 1 == pixel["input"]


def test_the_label_that_lost_to_both(run: RunResult, tmp_path: Path) -> None:
    trace = trace_image(run, 0)
    third = next(j for j in range(3) if j not in (trace.winner, trace.second))
    labels = run.labels.copy()
    labels[0] = third
    save_run(replace(run, labels=labels), tmp_path / "run.h5")
    assert f"Label {third} ended" in call(tmp_path / "run.h5", "--image", 0).stdout
    found = strict(call(tmp_path / "run.h5", "--image", 0, "--json").stdout)
    assert found["label_lacked"]["spikes"] >= found["runner_up_lacked"]["spikes"]
    labels[0] = 77  # no neuron stands for it
    save_run(replace(run, labels=labels), tmp_path / "run.h5")
    assert strict(call(tmp_path / "run.h5", "--image", 0, "--json").stdout)["label_lacked"] is None


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_figure(file: Path, tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"decision.{kind}"
    done = call(file, "--image", 5, "--out", target, "--json")
    assert done.exit_code == 0, done.output
    strict(done.stdout)
    if kind == "png":
        assert target.read_bytes().startswith(b"\x89PNG")
    else:
        text = target.read_text(encoding="utf-8")
        ElementTree.fromstring(text)
        assert "Image 5: label" in text


def test_race_page(file: Path, tmp_path: Path) -> None:
    done = call(file, "--html", tmp_path / "race.html", "--images", 4)
    assert (done.exit_code, done.stdout) == (0, "")
    assert 'class="race"' in (tmp_path / "race.html").read_text(encoding="utf-8")
    assert call(file, "--html", tmp_path / "race.html", "--image", 9, "-q").exit_code == 0
    assert '"images":[{"sample":9,' in (tmp_path / "race.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (["--image", N], [f"image {N} is not in this run", f"0 .. {N - 1}"]),
        (["--image", -1], ["image -1 is not in this run"]),
        (["--html", "race.html", "--image", 99], ["image 99 is not in this run"]),
        ([], ["--image N", "--html"]),
        (["--json", "--html", "race.html"], ["--json tells of one image", "--image N"]),
        (["--out", "x.png", "--html", "race.html"], ["--out tells of one image"]),
        (["--image", 1, "--images", 5], ["--images", "--html"]),
        (["--image", 1, "--out", "x.pdf"], ["x.pdf", ".png or .svg"]),
        (["--image", 1, "--out", "gone/x.png"], ["cannot write", "gone/x.png"]),
        (["--html", "gone/race.html"], ["cannot write", "gone/race.html"]),
    ],
)
def test_bad_wishes(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[object], texts: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(call(file, *words), *texts)
    assert list(tmp_path.iterdir()) == []


def refused(done: Any, *texts: str) -> None:
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert done.stdout == ""
    for text in texts:
        assert text in done.stderr


def test_runs_that_cannot_be_explained(run: RunResult, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    refused(call(tmp_path / "none.h5", "--image", 0), "none.h5", "does not exist")
    save_run(run_of(ideal_program([[1, 2, 3]] * 3), trains_from_lists([], n_in=3, n_ticks=40)), path)
    refused(call(path, "--image", 0), "holds no images")
    refused(call(path, "--html", tmp_path / "race.html"), "holds no images")
    save_run(replace(run, settings={}), path)
    refused(call(path, "--image", 0), "does not say its seed")
    signs = -run.record.signs
    save_run(replace(run, record=replace(run.record, signs=signs)), path)
    refused(call(path, "--image", 2), "image 2", "repeat the run")
