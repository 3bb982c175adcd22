"""What a user types works, prints something short, and says the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Command


def test_help_lists_every_command(spikecim: Command) -> None:
    text = spikecim("--help").stdout
    commands = (
        "reproduce calibrate attribute codes compare convert conversions run train report explain replay "
        "verify-engines device cells chips data"
    )
    for command in commands.split():
        assert command in text


def test_version(spikecim: Command) -> None:
    from spikecim import __version__

    assert __version__ in spikecim("--version").stdout


def test_chips_list_and_show(spikecim: Command) -> None:
    assert "spirit-ideal" in spikecim("chips", "list").stdout
    shown = spikecim("chips", "show", "spirit").stdout
    for word in ("capacitance", "200 fF", "published", "calibrated", "11520"):
        assert word in shown.replace(",", "")
    data = json.loads(spikecim("chips", "show", "spirit", "--json").stdout)
    assert data["neuron"]["capacitance"]["status"] == "published"


def test_data_list(spikecim: Command) -> None:
    places = json.loads(spikecim("data", "list", "--json").stdout)
    assert set(places) == {"mnist", "fashion-mnist", "cifar10", "digits"}


def test_run_report_replay(spikecim: Command, tmp_path: Path) -> None:
    done = spikecim("run", "--data", "digits", "--images", 60, "--out", "run.h5", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert 50 < json.loads(done.stdout)["accuracy_percent"] <= 100
    assert "accuracy" in spikecim("report", "run.h5").stdout.lower()
    assert (tmp_path / "run.html").stat().st_size > 10_000
    for engine in ("event", "stepper"):
        again = spikecim("replay", "run.h5", "--engine", engine)
        assert again.returncode == 0
        assert "identical" in again.stdout


def test_same_seed_same_result_whatever_the_threads(spikecim: Command) -> None:
    words = ("run", "--data", "digits", "--images", 200, "--json", "--quiet", "--seed", 3)
    one, two = (spikecim(*words, "--jobs", jobs).stdout for jobs in (1, 2))
    assert json.loads(one) == json.loads(two)
    assert json.loads(spikecim(*words[:-1], 4).stdout) != json.loads(one)


def test_train_writes_weights_that_run_takes(spikecim: Command) -> None:
    assert spikecim("train", "digits", "--out", "w.npz", "--quantisation", "quantisation-aware").returncode == 0
    done = spikecim("run", "--data", "digits", "--network", "w.npz", "--images", 50, "--json", "--quiet")
    assert json.loads(done.stdout)["accuracy_percent"] > 50


def test_verify_engines_counts_spikes(spikecim: Command) -> None:
    done = spikecim("verify-engines", "--data", "digits", "--images", 15, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["spikes_compared"] > 500
    assert found["spikes_differing"] == 0
    assert len(found["comparisons"]) == 4


def test_reproduce_on_digits_writes_everything_and_compares_nothing(spikecim: Command, tmp_path: Path) -> None:
    done = spikecim(
        "reproduce", "spirit", "--data", "digits", "--chips", 4, "--images", 80, "--no-studies", "--out", "o"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "o" / "reproduction.json").read_text())
    verdicts = {row["id"]: row["verdict"] for row in found["rows"]}
    assert set(verdicts.values()) == {"not comparable"}
    assert "digits" in found["banner"]
    assert found["banner"] in " ".join(done.stdout.split())
    for name in ("report.html", "run.h5", "rows.csv", "figures"):
        assert (tmp_path / "o" / name).exists()
