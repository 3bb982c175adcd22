"""Runs the command as a user would: in this process where that is the same, in one of its own where it is not."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def spikecim(tmp_path: Path) -> Command:
    """Call ``spikecim(*words)`` in an empty folder, in this process: two seconds of imports are saved with each.

    With ``env={...}``, ``alone=True`` or an option of `subprocess.run` it is a process of its own.
    """

    def call(
        *words: object, env: dict[str, str] | None = None, alone: bool = False, **options: object
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "spikecim", *map(str, words)]
        if not (env or options or alone):
            return _here(command, tmp_path)
        environment = {**os.environ, **(env or {})}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False, **options
        )

    return call


def _here(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """What the process `command` would have returned and written."""
    from spikecim.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        contextlib.chdir(folder),
        _restored(),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        warnings.resetwarnings()
        sys.argv = ["spikecim", *command[3:]]
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        except Exception:
            traceback.print_exc()
            code = 1
    said, complained = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(command, code, said, complained)


@contextlib.contextmanager
def _restored() -> Iterator[None]:
    """Arguments and threads of this process as they were."""
    import numba

    argv, threads = sys.argv, numba.get_num_threads()
    try:
        yield
    finally:
        sys.argv = argv
        numba.set_num_threads(threads)


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 2, one line on stderr that holds all `words`, no traceback, nothing on stdout."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: ")
    for word in words:
        assert word in done.stderr, f"{word!r} not in {done.stderr!r}"
    assert done.stdout == ""
