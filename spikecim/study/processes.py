"""Processes of this machine, started when the first point is there; a study that is finished starts none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, islice
from types import TracebackType
from typing import TYPE_CHECKING

from spikecim.study.point import Point
from spikecim.study.pool import Outcome, Work
from spikecim.study.spec import Study

if TYPE_CHECKING:
    from spikecim.study.cluster import ClusterPool


@dataclass(kw_only=True, eq=False)
class Processes:
    """Up to `jobs` processes; use it in a ``with`` statement, which ends them."""

    jobs: int
    work: Work
    _running: ClusterPool | None = None
    _ending: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    @property
    def n_workers(self) -> int:
        """Processes that run; 0 before there was a point."""
        return self._running.n_workers if self._running else 0

    def run(self, study: Study, points: Iterable[Point]) -> Iterator[tuple[Point, Outcome]]:
        """See `pool.Pool.run`."""
        waiting = iter(points)
        # As many as can run at once: fewer need fewer processes.
        first = list(islice(waiting, self.jobs))
        if first:
            yield from self._with(len(first)).run(study, chain(first, waiting))

    def _with(self, n: int) -> ClusterPool:
        """The pool, with `n` processes or more."""
        if self._running is None:
            from spikecim.study.cluster import started

            self._running = self._ending.enter_context(started(n, self.work, self.jobs))
        self._running.grow(n)
        return self._running
