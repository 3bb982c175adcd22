"""Trials of a search on disk: a journal of Optuna (JSON lines, `optuna-dashboard` reads it), whole generations only.

A generation is written after its last point is done. What a kill cut off is left out on reading and written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from spikecim.errors import OutputError, ResultFileError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study as OptunaStudy
    from optuna.trial import FrozenTrial

Direction = Literal["minimize", "maximize"]
GENERATION, SIZE = "generation", "of"
_ADVICE = "choose another --out folder"


class TrialStore:
    """A file of trials.

    Raises
    ------
    ResultFileError
        If the file is no search of this study, or damaged.
    """

    def __init__(
        self, path: Path, name: str, directions: Sequence[Direction], space: dict[str, BaseDistribution]
    ) -> None:
        self._path, self._space, self._n_objectives = path, space, len(directions)
        with _explained(path):
            _drop_torn_line(path)
            self._study = _opened(path, name, directions)
            self._stored = self._checked()

    def whole(self) -> list[FrozenTrial]:
        """Trials of all generations that were written to their end, in order."""
        for start, trial in enumerate(self._stored):
            if trial.user_attrs[GENERATION] == self._stored[-1].user_attrs[GENERATION]:
                complete = len(self._stored) - start == trial.user_attrs[SIZE]
                return self._stored if complete else self._stored[:start]
        return []

    def append(self, known: int, trials: Sequence[FrozenTrial]) -> None:
        """Write the generation `trials` after the first `known` ones; those that are there already are compared."""
        there = self._stored[known:]
        for old, new in zip(there, trials, strict=False):
            if (old.params, old.values, old.state) != (new.params, new.values, new.state):
                raise ResultFileError(f"{self._path}: trial {known} does not come out as it was stored; {_ADVICE}")
        with _explained(self._path):
            for trial in trials[len(there) :]:
                self._study.add_trial(trial)
            self._stored = self._study.get_trials(deepcopy=False)

    def _checked(self) -> list[FrozenTrial]:
        trials = self._study.get_trials(deepcopy=False)
        for trial in trials:
            marks = [trial.user_attrs[key] for key in (GENERATION, SIZE)]
            if dict(trial.distributions) != self._space or not all(isinstance(mark, int) for mark in marks):
                raise ValueError("its trials are of another study")
        return trials


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Our errors for a full disk and for a file that is not what it should be."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}; free some space or {_ADVICE}") from error
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError, IndexError) as error:
        if isinstance(error, ResultFileError):
            raise
        raise ResultFileError(f"{path}: is no search of this study and version ({error}); {_ADVICE}") from None


def _drop_torn_line(path: Path) -> None:
    """Cut what a kill left after the last whole line."""
    if path.exists():
        content = path.read_bytes()
        if content and not content.endswith(b"\n"):
            with path.open("r+b") as file:
                file.truncate(content.rfind(b"\n") + 1)


class _NoLock:
    """A search has its folder to itself; a lock file would outlive a kill."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return None


def _opened(path: Path, name: str, directions: Sequence[Direction]) -> OptunaStudy:
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalStorage

    lock: Any = _NoLock()
    storage = JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
    known = optuna.get_all_study_names(storage)
    if known not in ([], [name]):
        raise ValueError(f"it holds {', '.join(known)}")
    if known:
        study = optuna.load_study(storage=storage, study_name=name)
    else:
        study = optuna.create_study(storage=storage, study_name=name, directions=directions)
    if [direction.name.lower() for direction in study.directions] != list(directions):
        raise ValueError("its objectives are others")
    return study
