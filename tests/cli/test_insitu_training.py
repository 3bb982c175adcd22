"""`spikecim reproduce insitu-training` as a user calls it: JSON, files, and every bad input in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spikecim.reports import insitu_energy_page
from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take seconds, and are drawn in tests/experiments."""
    monkeypatch.setattr(insitu_energy_page, "insitu_energy_plates", lambda _: [])


def test_json_and_files(spikecim: Command, tmp_path: Path) -> None:
    ran = spikecim(
        "reproduce", "insitu-training", "--no-accuracy", "--draws", 200, "--node", 7, "--json", "--out", "out"
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["facts"]["node"] == "7 nm"
    assert told["accuracies"] == []
    assert json.loads((tmp_path / "out" / "reproduction.json").read_text(encoding="utf-8")) == told
    assert (tmp_path / "out" / "rows.csv").read_text(encoding="utf-8").startswith("id,quantity,published")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "spikecim reproduce insitu-training --no-accuracy --node 7" in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--node", "5"), "node '5' is unknown"),
        (("--gradient-site", "dram"), "is the naive dataflow"),
        (("--gradient-site", "bufer"), "did you mean 'buffer'"),
        (("--gradient-site", "x"), "--gradient-site: 'x' is unknown; allowed: buffer, engine"),
        (("--activation-site", "engine"), "activation_site 'engine' is unknown"),
        (("--table", "none.toml"), "none.toml"),
        (("--study", "nowhere"), "--study nowhere and --no-accuracy: give one of them"),
        (("--accuracy", "--study", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    spikecim: Command, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    ran = spikecim("reproduce", "insitu-training", "--no-accuracy", "--draws", 200, "--out", "out", *words)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
