"""`spikecim sweep` as a user types it: files, exit codes, and one clear line for what goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import typer

from spikecim.cli.sweep import sweep
from spikecim.results.sweep_table import load_table
from tests.cli.conftest import Command, assert_one_clear_line

STUDY = """
schema = 1
name = "small"
[base]
data = "digits"
images = 40
chips = {chips}
[factors]
"neuron.refractory" = ["5 us", "{second}"]
"decision.delta_s" = [4, 10]
[design]
kind = "grid"
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return written(tmp_path)


def written(folder: Path, chips: int = 2, second: str = "10 us") -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(chips=chips, second=second))
    return path


@pytest.mark.slow
def test_a_sweep_and_once_more(spikecim: Command, study: Path, tmp_path: Path) -> None:
    first = spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1, "--json")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert (told["study"], told["points"], told["failed"]) == ("small", 8, 0)
    table = (tmp_path / "o" / "table.h5").read_bytes()
    again = spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1, "--quiet")
    assert again.returncode == 0
    assert again.stderr == ""
    assert "8 points, 0 failed" in again.stdout
    assert (tmp_path / "o" / "table.h5").read_bytes() == table


def test_failing_points_are_told_and_the_exit_code_says_so(spikecim: Command, tmp_path: Path) -> None:
    # Some HRS cells are stuck already: all LRS cells on top are more than there are, which only a whole chip shows.
    path = written(tmp_path)
    path.write_text(
        path.read_text().replace('"neuron.refractory" = ["5 us", "10 us"]', '"cell.stuck_lrs" = [0.0, 1.0]')
    )
    done = spikecim("sweep", "--no-page", path, "--out", "o", "--jobs", 1)
    assert done.returncode == 1
    assert "4 of 8 points failed, the first with: " in done.stderr
    assert "stuck_lrs + stuck_hrs" in done.stderr
    assert "Traceback" not in done.stderr
    assert load_table(tmp_path / "o" / "table.h5").n_failed == 4


def test_a_changed_study_is_one_line_with_the_difference(spikecim: Command, study: Path, tmp_path: Path) -> None:
    assert spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1).returncode == 0
    changed = spikecim("sweep", "--no-page", written(tmp_path, chips=3), "--out", "o", "--jobs", 1)
    assert_one_clear_line(changed, "base.chips was 2, is 3", "choose another --out")


def test_bad_words_are_one_line(spikecim: Command, study: Path, tmp_path: Path) -> None:
    assert_one_clear_line(spikecim("sweep", "--no-page", "no.toml"), "no.toml", "cannot be read")
    assert_one_clear_line(
        spikecim("sweep", "--no-page", study, "--jobs", 2, "--scheduler", "tcp://127.0.0.1:1"), "contradict each other"
    )
    assert_one_clear_line(spikecim("sweep", "--no-page", study, "--scheduler", "there"), "write it as tcp://host:8786")
    (tmp_path / "file").write_text("")
    assert_one_clear_line(
        spikecim("sweep", "--no-page", study, "--out", "file", "--jobs", 1), "is a file, not a folder"
    )
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "journal.txt").write_text("Dear diary\n")
    assert_one_clear_line(
        spikecim("sweep", "--no-page", study, "--out", "other", "--jobs", 1), "is no journal of spikecim"
    )


def test_no_scheduler_there_is_one_line(spikecim: Command, study: Path, tmp_path: Path) -> None:
    # Port 1 (tcpmux) is closed on every machine that this may run on.
    done = spikecim("sweep", "--no-page", study, "--scheduler", "tcp://127.0.0.1:1", "--out", "o")
    assert_one_clear_line(done, "no Dask scheduler at tcp://127.0.0.1:1", "dask scheduler")
    assert not (tmp_path / "o").exists()


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_sweep_goes_on_later(spikecim: Command, tmp_path: Path) -> None:
    resource, study = pytest.importorskip("resource"), written(tmp_path, chips=20)
    assert spikecim("sweep", "--no-page", study, "--out", "whole", "--jobs", 1).returncode == 0

    def small_disk() -> None:
        # No file may grow beyond half of the journal, which the manifest does not reach.
        size = (tmp_path / "whole" / "journal.txt").stat().st_size // 2
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    full = spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1, preexec_fn=small_disk)
    assert_one_clear_line(full, "cannot write", "File too large")
    kept = (tmp_path / "o" / "journal.txt").read_bytes()
    assert kept.count(b"\n") > 1
    assert kept.endswith(b"\n")
    assert spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1).returncode == 0
    assert (tmp_path / "o" / "journal.txt").read_bytes().startswith(kept)
    assert (tmp_path / "o" / "table.h5").read_bytes() == (tmp_path / "whole" / "table.h5").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_what_is_there_and_says_how_to_go_on(tmp_path: Path, jobs: int) -> None:
    """Sent to the whole group, as a terminal does, so that workers get it too."""
    study, out = written(tmp_path, chips=5_000), tmp_path / "o"
    command = [sys.executable, "-m", "spikecim", "sweep", str(study), "--out", str(out), "--jobs", str(jobs)]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # A job in the background of a shell ignores Ctrl-C, and so would all that it starts.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=heed, **pipes)  # type: ignore[call-overload]
    # The header, the nineteen points asked for below, and one that may not have reached the table.
    while n_lines(out) < 21:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate()
    assert process.returncode == 130
    assert said == ""
    n_points = len(load_table(out / "table.h5"))
    assert 19 <= n_points < 20_000
    # The last line may have been on its way to the table.
    assert 0 <= n_lines(out) - 1 - n_points <= 1
    told = re.fullmatch(
        r"interrupted: (.*) holds ([0-9,]+) of 20,000 points; the same command goes on .*\n", complained
    )
    assert told is not None, complained
    assert told[1] == str(out)
    assert 0 <= n_points - int(told[2].replace(",", "")) <= 1


def interrupted(study: Path, out: Path, when: Path, jobs: int = 2) -> str:
    """What a sweep says that gets Ctrl-C once `when` exists, to its whole group."""
    command = [sys.executable, "-m", "spikecim", "sweep", str(study), "--out", str(out), "--jobs", str(jobs)]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=heed, **pipes)  # type: ignore[call-overload]
    while not when.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate()
    assert (process.returncode, said) == (130, "")
    return str(complained)


@pytest.mark.slow
def test_ctrl_c_while_processes_start_is_one_line(tmp_path: Path) -> None:
    study, out = written(tmp_path, chips=5_000), tmp_path / "o"
    pytest.importorskip("distributed")
    # The journal is there a moment before the processes are started.
    complained = interrupted(study, out, out / "journal.txt")
    assert re.fullmatch(r"interrupted: .* holds [0-9,]+ of 20,000 points; .*\n", complained), complained


def test_ctrl_c_before_anything_is_begun(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def patient(*given: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spikecim.study.sweep.run_sweep", patient)
    with pytest.raises(typer.Exit) as left:
        sweep(study, tmp_path / "o", jobs=1)
    assert left.value.exit_code == 130
    assert "nothing was begun; what" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_damaged_lines_are_counted_and_computed_again(spikecim: Command, study: Path, tmp_path: Path) -> None:
    assert spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1).returncode == 0
    table, journal = (tmp_path / "o" / "table.h5").read_bytes(), tmp_path / "o" / "journal.txt"
    lines = journal.read_bytes().split(b"\n")
    journal.write_bytes(b"\n".join([*lines[:2], b"x" + lines[2][1:], b"", *lines[4:]]))
    again = spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1, "--quiet")
    assert again.returncode == 0
    assert re.fullmatch(r"warning: .*journal.txt: 2 damaged lines dropped; .* computed again\n", again.stderr)
    assert (tmp_path / "o" / "table.h5").read_bytes() == table


def test_a_damaged_study_json_can_be_removed(spikecim: Command, study: Path, tmp_path: Path) -> None:
    assert spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1).returncode == 0
    told, journal = tmp_path / "o" / "study.json", tmp_path / "o" / "journal.txt"
    before, lines = told.read_bytes(), journal.read_bytes()
    told.write_bytes(before[:50])
    assert_one_clear_line(
        spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1), "study.json", "or remove this file"
    )
    told.unlink()
    assert spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1).returncode == 0
    assert (told.read_bytes(), journal.read_bytes()) == (before, lines)


def test_far_too_many_processes_are_one_line(spikecim: Command, study: Path, tmp_path: Path) -> None:
    assert_one_clear_line(
        spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 99_999), "--jobs 99999: allowed 1 to"
    )
    assert not (tmp_path / "o").exists()


@pytest.mark.slow
def test_two_at_once_in_one_folder(spikecim: Command, tmp_path: Path) -> None:
    study, out = written(tmp_path, chips=5_000), tmp_path / "o"
    process = subprocess.Popen(
        [sys.executable, "-m", "spikecim", "sweep", str(study), "--out", str(out), "--jobs", "1", "--quiet"]
    )
    try:
        while n_lines(out) < 2:
            assert process.poll() is None
            time.sleep(0.01)
        second = spikecim("sweep", "--no-page", study, "--out", "o", "--jobs", 1)
        assert_one_clear_line(second, "another spikecim is writing into this folder")
    finally:
        process.kill()
        process.wait()


def n_lines(out: Path) -> int:
    journal = out / "journal.txt"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0
