"""`spikecim explore`: files, table, going on, shipped studies, and one line for every way in which it can be wrong."""

from __future__ import annotations

import builtins
import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from spikecim.cli.app import app
from spikecim.study.ready_studies import find_study, ready_studies
from spikecim.study.search_spec import read_search
from tests.study.clusters import cluster

STUDY = """
schema = 1
name = "small"
[base]
data = "digits"
images = 40
chips = 2
[factors]
"decision.delta_s" = { low = 1, high = 12 }
"synapse.code" = ["unary-bipolar", "sign-magnitude"]
[search]
objectives = ["accuracy", "core_nj"]
trials = 8
population = 4
final_chips = 2
final_images = 30
"""


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["explore", *map(str, words)])


def assert_one_line(done: Result, *words: str) -> None:
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert done.stdout == ""


def written(folder: Path, text: str = STUDY) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path, Path]:
    """A small search: what it printed, its study file, its folder."""
    folder = tmp_path_factory.mktemp("explore")
    path, out = written(folder), folder / "out"
    return call(path, "--out", out, "--jobs", 1), path, out


def test_table_and_files(whole: tuple[Result, Path, Path]) -> None:
    done, _, out = whole
    assert done.exit_code == 0, done.output
    assert "small: Pareto front" in done.stdout
    assert "8 designs tried in 2 generations" in done.stdout
    assert "search.html, search.json, front.csv, designs.csv" in done.stderr
    data = json.loads((out / "search.json").read_text(encoding="utf-8"))
    assert (data["n_trials"], data["n_chips"], data["final_chips"]) == (8, 2, 2)
    with (out / "front.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["design"]) for row in rows] == [point["design"] for point in data["front"]]
    with (out / "designs.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 8
    for name in ("front", "factors", "optimism", "growth"):
        assert (out / "figures" / f"{name}.png").stat().st_size > 5_000
        assert (out / "figures" / f"{name}.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_a_second_call_says_the_same_as_json(whole: tuple[Result, Path, Path]) -> None:
    _, path, out = whole
    before = (out / "search.json").read_bytes()
    done = call(path, "--out", out, "--jobs", 1, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == json.loads(before)
    assert (out / "search.json").read_bytes() == before


@pytest.mark.slow
def test_a_cluster_writes_the_same_files(whole: tuple[Result, Path, Path], tmp_path: Path) -> None:
    _, path, out = whole
    with cluster(tmp_path / "cluster", 2) as made:
        done = call(path, "--out", tmp_path / "out", "--scheduler", made.address)
    assert done.exit_code == 0, done.output
    for name in ("search.json", "front.csv", "designs.csv", "search.html"):
        assert (tmp_path / "out" / name).read_bytes() == (out / name).read_bytes(), name


def test_a_changed_study_and_a_set_value_are_refused(whole: tuple[Result, Path, Path], tmp_path: Path) -> None:
    _, path, out = whole
    changed = written(tmp_path, STUDY.replace("images = 40", "images = 41"))
    assert_one_line(call(changed, "--out", out, "--jobs", 1), "base.images was 40, is 41", "--out")
    assert_one_line(
        call(path, "--out", out, "--jobs", 1, "--set", "cell.hrs.sigma_ln=0.5"), "cell.hrs.sigma_ln was absent, is 0.5"
    )


def test_a_store_of_another_version_is_refused(whole: tuple[Result, Path, Path], tmp_path: Path) -> None:
    _, path, out = whole
    for name in ("study.json", "journal.txt"):
        (tmp_path / name).write_bytes((out / name).read_bytes())
    trials = (out / "trials.jsonl").read_text(encoding="utf-8")
    (tmp_path / "trials.jsonl").write_text(trials.replace('"op_code":4', '"op_code":44'), encoding="utf-8")
    assert_one_line(call(path, "--out", tmp_path, "--jobs", 1), "trials.jsonl", "another --out folder")
    manifest = json.loads((out / "study.json").read_text(encoding="utf-8"))
    (tmp_path / "study.json").write_text(json.dumps({**manifest, "schema": 99}), encoding="utf-8")
    assert_one_line(call(path, "--out", tmp_path, "--jobs", 1), "schema 99")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"accuracy", "core_nj"', '"acuracy"', ("did you mean 'accuracy'",)),
        ("trials = 8", 'constraints = ["accuracy >= 0.9", "accuracy <= 0.1"]', ("contradict each other",)),
        ("chips = 2\n[", 'chips = 2\nsplit = "test"\n[', ("base.split", "test set")),
        ("[search]", "[serch]", ("did you mean 'search'",)),
        ('objectives = ["accuracy", "core_nj"]', "", ("search.objectives",)),
        ("decision.delta_s", "decision.delta", ("did you mean",)),
        ("low = 1, high = 12", "low = 12, high = 1", ("is empty; low must be below high",)),
        ("schema = 1", "schema = 1 2", ("is not valid TOML",)),
    ],
)
def test_every_fault_of_a_study_is_one_line(tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    assert old in STUDY
    out = tmp_path / "out"
    assert_one_line(call(written(tmp_path, STUDY.replace(old, new, 1)), "--out", out), *words)
    assert not out.exists()


def test_faults_of_the_command_are_one_line(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert_one_line(call(), "give a study file", "--list")
    assert_one_line(call("cells-for-yeild"), "or a shipped study; did you mean 'cells-for-yield'")
    assert_one_line(call(tmp_path / "gone.toml"), "gone.toml", "cannot be read")
    assert_one_line(call(path, "--jobs", 2, "--scheduler", "tcp://127.0.0.1:1"), "contradict each other")
    assert_one_line(call(path, "--out", tmp_path / "o", "--scheduler", "tcp://127.0.0.1:1"), "tcp://127.0.0.1:1")
    assert_one_line(call(path, "--out", path, "--jobs", 1), "study.toml", "not a folder")
    assert_one_line(call(path, "--set", "cell.hrs.sigma=1"), "cell.hrs.sigma")


def test_an_interrupt_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spikecim.study.search.run_search", interrupted)
    done = call(written(tmp_path), "--out", tmp_path / "o", "--jobs", 1)
    assert done.exit_code == 130
    assert "the same command goes on" in done.stderr


def test_without_optuna_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "optuna":
            raise ImportError("no optuna", name="optuna")
        return real(name, *rest, **more)

    for name in [name for name in sys.modules if name.split(".")[0] == "optuna"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", missing)
    done = call(written(tmp_path), "--out", tmp_path / "o", "--jobs", 1)
    assert_one_line(done, "optuna", 'pip install "spikecim[search]"')


def test_shipped_studies_are_listed_and_can_be_searched() -> None:
    done = call("--list")
    assert done.exit_code == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == list(ready_studies()) == ["cells-for-yield", "delta-s-and-window", "triplicated-synapse"]
    for name in names:
        study = find_study(name)
        assert study.name == name
        assert read_search(study).trials <= 200


def test_set_goes_over_the_study() -> None:
    assert dict(find_study("cells-for-yield").overrides)["cell.hrs.sigma_ln"] == 1.2
    assert dict(find_study("cells-for-yield", {"cell.hrs.sigma_ln": 2.0}).overrides)["cell.hrs.sigma_ln"] == 2.0
