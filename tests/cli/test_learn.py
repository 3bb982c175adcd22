"""`spikecim learn spirit` as a user types it: files, JSON, an interrupt, and one clear line for what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from spikecim.cli.learn import learn_spirit
from spikecim.insitu.spirit import run
from tests.insitu.spirit.small import small_task


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Options of a study that takes a moment, on the small chip and task."""
    monkeypatch.setattr(run, "task_of", lambda study, chip: small_task())
    settings = ["geometry.n_in=16", "geometry.n_out=3", "geometry.image_side=4", "coding.window=400 us"]
    return {
        "new_class": 2, "rehearsal": "all", "rates": "1,2", "batches": 2, "batch": 8, "chips": 2, "settings": settings,
    }  # fmt: skip


def test_table_and_data(small: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learn_spirit(**small, out=tmp_path, page=False)  # type: ignore[arg-type]
    told = capsys.readouterr()
    assert "Programmed anew" in told.out and "learning.json" in told.err
    learn_spirit(**small, out=tmp_path, page=False, json=True)  # type: ignore[arg-type]
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "learning.json").read_text())


def test_an_interrupt_says_what_is_kept(
    small: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = run.Measurer.measure
    calls = []

    def interrupted(*args: object) -> dict[str, float]:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measure(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(run.Measurer, "measure", interrupted)
    with pytest.raises(typer.Exit) as left:
        learn_spirit(**small, out=tmp_path)  # type: ignore[arg-type]
    assert left.value.exit_code == 130 and "holds 2 of 10 chips" in capsys.readouterr().err
    learn_spirit(**small, out=tmp_path, page=False)  # type: ignore[arg-type]
    assert len(calls) == 11 and (tmp_path / "learning.json").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"drift": "rotate:25"}, "one of them"),
        ({"rule": "hebb"}, "delta, stdp"),
        ({"rates": "fast"}, "above 0"),
        ({"rehearsal": "0"}, "none, all"),
        ({"rehearsal": "5,1000", "data": "digits"}, "--rehearsal 1000: the smallest old class of digits has"),
        ({"settings": ["cell.flicker.switch=on"]}, "cell.flicker.switch"),
    ],
)
def test_one_clear_line(
    small: dict[str, object], options: dict[str, object], words: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with pytest.raises(typer.Exit) as left:
        learn_spirit(**(small | options), out=tmp_path / "o")  # type: ignore[arg-type]
    told = capsys.readouterr()
    assert left.value.exit_code == 2 and told.err.count("\n") == 1 and words in told.err, told.err
    assert not (tmp_path / "o").exists()
