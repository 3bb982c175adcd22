"""Runs the real command in a process of its own, as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def spikecim(tmp_path: Path) -> Command:
    """Call ``spikecim(*words, env={...})`` in an empty folder."""

    def call(*words: object, env: dict[str, str] | None = None, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "spikecim", *map(str, words)]
        environment = {**os.environ, **(env or {})}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False, **options
        )

    return call


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 2, one line on stderr that holds all `words`, no traceback, nothing on stdout."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: ")
    for word in words:
        assert word in done.stderr, f"{word!r} not in {done.stderr!r}"
    assert done.stdout == ""
