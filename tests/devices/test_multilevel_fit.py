"""Fitting multi-level cells: made cells give back what they were made from, and damaged files are told in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from spikecim.cli import main
from spikecim.devices.library import load_device
from spikecim.devices.measured.level_fit import fit_levels, level_toml
from spikecim.devices.measured.levels import read_levels
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.errors import DataError

N_CELLS, N_LEVELS = 250, 5


def the_cell() -> MultiLevelCell:
    cell = load_device("hfo2-rram", {"window.g_min": "10 uS", "window.g_max": "50 uS"})
    assert isinstance(cell, MultiLevelCell)
    return cell


def targets(cell: MultiLevelCell) -> np.ndarray:
    return np.repeat(np.linspace(cell.g_min, cell.g_max, N_LEVELS), N_CELLS)


def written(path: Path, extra: str, series: dict[float, np.ndarray]) -> Path:
    rows = [f"target_uS,conductance_uS,cell,{extra}"]
    for value, found in series.items():
        rows += [f"{t * 1e6:.9g},{g * 1e6:.9g},{k},{value}" for k, (t, g) in enumerate(found)]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def cycles(path: Path) -> Path:
    cell = the_cell()
    wanted = targets(cell)
    found = {c: cell.program(wanted, 1, "f", cycle=c, stuck=False).conductance for c in range(4)}
    return written(path, "cycle", {c: np.column_stack([wanted, g]) for c, g in found.items()})


def times(path: Path) -> Path:
    cell = the_cell()
    wanted = targets(cell)
    fresh = cell.program(wanted, 1, "f", stuck=False)
    seconds = (1e-3, 86_400.0, 172_800.0)
    found = {t: cell.at(fresh, t, 1, "f").conductance for t in seconds}
    return written(path, "time_s", {t: np.column_stack([wanted, g]) for t, g in found.items()})


def test_spread_and_share_come_back(tmp_path: Path) -> None:
    cell, fit = the_cell(), fit_levels(read_levels(cycles(tmp_path / "c.csv")))
    assert np.allclose(fit.states, np.linspace(0, 1, N_LEVELS))
    truth = np.interp(fit.states, cell.spec.programming.states.value, cell.spec.programming.spread.value)
    for one, value in zip(fit.spread, truth, strict=True):
        # Standard error of a standard deviation: sd / sqrt(2 n); readings of one cell share 30 % of the variance.
        assert abs(one.value - value) < 5 * value / np.sqrt(2 * N_CELLS)
        assert one.low < one.value < one.high
    assert fit.share is not None
    # Three times its own 90 % interval: about five standard errors.
    middle, half = fit.share.value, (fit.share.high - fit.share.low) / 2
    assert abs(middle - cell.spec.programming.cell_share.value) < 3 * half
    assert fit.relaxation is None


def test_relaxation_comes_back(tmp_path: Path) -> None:
    cell, fit = the_cell(), fit_levels(read_levels(times(tmp_path / "t.csv")))
    law, found = cell.spec.relaxation, fit.relaxation
    assert law is not None and found is not None and fit.share is None
    # 0.084 of the window after a day at the level that moves most.
    assert np.allclose(found.spread, [0.0836, 0.0842], atol=5 * 0.084 / np.sqrt(2 * N_CELLS))
    truth = np.interp(fit.states, law.states.value, law.profile.value)
    assert np.allclose(found.profile, truth, atol=0.2)


def test_the_file_that_is_written_loads_and_keeps_the_rest(tmp_path: Path) -> None:
    cell = the_cell()
    for make in (cycles, times):
        text = level_toml(fit_levels(read_levels(make(tmp_path / "x.csv"))), cell.spec, name="mine")
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        mine = load_device(path)
        assert isinstance(mine, MultiLevelCell)
        assert (mine.name, mine.levels) == ("mine", N_LEVELS)
        assert (mine.g_min, mine.g_max) == pytest.approx((10e-6, 50e-6))
        assert mine.spec.programming.spread.status == "measured"
        assert mine.spec.read == cell.spec.read and mine.spec.stuck == cell.spec.stuck
        assert "x.csv" in mine.spec.sources


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("target_uS\n1\n", "column 'conductance' is missing"),
        ("target_uS,conductance_uS\n1,-1\n", "line 2, column 'conductance_uS': is negative"),
        ("target_uS,conductance_uS\n1,\n", "is empty"),
        ("target,conductance_uS\n1,1\n", "states no unit"),
        ("target_uS,conductance_uS\n" + "1,1\n" * 50, "one target only"),
        ("target_uS,conductance_uS\n" + "1,1\n" * 50 + "2,2\n", "1 readings of target 2e-06 S; at least 30"),
        ("target_uS,conductance_uS,time_s\n1,1,1\n", "needs a column 'cell'"),
        ("target_uS,conductance_uS,cell,cycle,time_s\n1,1,1,1,1\n", "cycle and time together"),
        ("target_uS,conductance_uS,cell,time_s\n1,1,1,0\n", "must be above 0"),
        ("targets_uS,conductance_uS\n1,1\n", "did you mean 'target'"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=told) as fault:
        read_levels(path)
    assert "\n" not in str(fault.value)


def test_a_cell_that_misses_a_time_is_told(tmp_path: Path) -> None:
    path = times(tmp_path / "t.csv")
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:-1]), encoding="utf-8")
    with pytest.raises(DataError, match="one reading each"):
        read_levels(path)


def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["spikecim", "device", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    cycles(tmp_path / "c.csv")
    code, out = run("fit-levels", "c.csv", "--json")
    assert code == 0
    assert len(json.loads(out.split("\nwrote")[0])["spread"]) == N_LEVELS
    code, out = run("library", "c.toml")
    assert code == 0 and "measured" in out
    code, out = run("library", "--json")
    assert code == 0 and len(json.loads(out)["devices"]) == 5
    for words, told in (
        (("fit-levels", "none.csv"), "cannot be read"),
        (("fit-levels", "c.csv", "--out", "c.txt"), "must end in .toml"),
        (("fit-levels", "c.csv", "--base", "hfo2-slc"), "two states of its own"),
        (("library", "pcn"), "did you mean 'pcm'"),
    ):
        code, out = run(*words)
        assert code == 2 and told in out and "Traceback" not in out
