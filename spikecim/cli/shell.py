"""What all commands share: errors as one line, threads, text to the right stream, progress with an ETA."""

from __future__ import annotations

import functools
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec

import typer

from spikecim.errors import ParameterError, SpikecimError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

P = ParamSpec("P")
USER_ERROR, INTERRUPTED = 2, 130


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Turn our errors into one line on stderr and exit code 2, Ctrl-C into 130; no traceback for either."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except SpikecimError as error:
            fail(str(error))
        except BrokenPipeError:
            # The reader (head, less) has gone; keep Python from complaining at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except OSError as error:
            # A full disk can also strike where others write, the compiler's cache for one.
            fail(
                f"{error.filename or 'writing a file'}: {error.strerror or error}; free some space or check permissions"
            )
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted; nothing half-written is left behind\n")
            raise typer.Exit(INTERRUPTED) from None

    return run


def fail(message: str) -> None:
    """Print one clear line and leave with exit code 2."""
    sys.stderr.write(f"error: {' '.join(message.split())}\n")
    raise typer.Exit(USER_ERROR)


def leave_interrupted(what: str) -> NoReturn:
    """Say what a result holds that an interrupt cut short, and leave with the exit code of one."""
    say(f"interrupted: {what}")
    raise typer.Exit(INTERRUPTED)


def leave_if_short(done: int, asked: int) -> None:
    """The same unless a result holds all the virtual chips that were asked for."""
    if done < asked:
        leave_interrupted(f"the result holds {done} of {asked} virtual chips")


def show(*renderables: Any) -> None:
    """Print rich renderables to standard output."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 100, highlight=False)
    for renderable in renderables:
        console.print(renderable)


def show_json(data: Any) -> None:
    """Print strict JSON to standard output."""
    sys.stdout.write(json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def say(text: str, *, quiet: bool = False) -> None:
    """A line for people, on stderr, so that --json output stays clean."""
    if not quiet:
        sys.stderr.write(text + "\n")


@contextmanager
def warnings_said() -> Iterator[None]:
    """Say in one line each what the work within warns of; Python would show a line of code with it."""
    with warnings.catch_warnings(record=True) as seen:
        yield
    for warning in seen:
        say(f"warning: {warning.message}")


def use_jobs(jobs: int | None) -> None:
    """Limit the compiled kernels to `jobs` threads; results do not depend on it."""
    if jobs is None:
        return
    from spikecim.engines.threads import set_threads

    set_threads(jobs)


def overrides(settings: list[str] | None) -> dict[str, object]:
    """Read ``--set path=value`` options; a value that reads as a number is one."""
    result: dict[str, object] = {}
    for setting in settings or []:
        path, equals, text = setting.partition("=")
        if not equals or not path.strip():
            raise ParameterError(f"--set {setting!r}: write it as path=value, for example neuron.refractory='5 us'")
        result[path.strip()] = _number(text.strip())
    return result


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


class Stages:
    """Shows each stage of a long job as a bar with an ETA; silent when quiet or not on a terminal."""

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: float, total: int) -> None:
        if self._bars is None:
            return
        if stage not in self._tasks:
            for task in self._tasks.values():
                self._bars.update(task, completed=self._bars.tasks[task].total)
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)


@contextmanager
def stages(*, quiet: bool) -> Iterator[Stages]:
    """Yield a `Stages` for the time of a job."""
    if quiet or not sys.stderr.isatty():
        yield Stages(None)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Stages(bars)
