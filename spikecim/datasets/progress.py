"""A rich progress bar with the four names pooch asks of one: total, update, reset and close."""

from __future__ import annotations

from typing import Any


class DownloadBar:
    """Bar on standard error for one download; it shows up when the first bytes are due and stops with the context."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._task = self._progress.add_task(title, total=None)

    def __enter__(self) -> DownloadBar:
        return self

    def __exit__(self, *fault: Any) -> None:
        self.close()

    @property
    def total(self) -> float | None:
        """Length of the file in bytes, None while unknown."""
        return self._progress.tasks[0].total

    @total.setter
    def total(self, n_bytes: int) -> None:
        self._progress.update(self._task, total=n_bytes or None)
        self._progress.start()

    def update(self, n_bytes: int) -> None:
        self._progress.advance(self._task, n_bytes)

    def reset(self) -> None:
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        if self._progress.live.is_started:
            self._progress.stop()
