"""Batches of points on their way to a Dask cluster and back: a bounded number, run again when a worker is lost."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from spikecim.errors import ClusterError
from spikecim.study.point import Point
from spikecim.study.pool import Outcome, Work, one_line
from spikecim.study.spec import Study
from spikecim.study.worker import Answer, compute

if TYPE_CHECKING:
    from distributed import Client, Future

# Batches that wait at the scheduler or run, for each worker: enough that none is idle, few that go down with us.
_DEPTH = 3
# Points go in batches of about this long: a batch costs the scheduler some ten milliseconds, and neighbours share a
# design, whose chip and spikes a worker makes once. A kill costs the batches that run.
_BATCH_S, _LARGEST = 1.0, 64
_LOOK_S, _PATIENCE_S = 1.0, 600.0


class Order(NamedTuple):
    """What every batch is computed with.

    Attributes
    ----------
    work : callable
    study : Study
    expected : str
        `worker.identity` of this machine.
    """

    work: Work
    study: Study
    expected: str


@dataclass(kw_only=True, eq=False)
class Flight:
    """Batches on their way."""

    client: Client
    address: str
    order: Order
    name: str = field(default_factory=lambda: uuid4().hex)
    landed: queue.SimpleQueue[Future] = field(default_factory=queue.SimpleQueue)
    batches: dict[Future, tuple[Point, ...]] = field(default_factory=dict)
    suspects: list[Point] = field(default_factory=list)
    waiting: deque[Point] = field(default_factory=deque)
    room: int = 0
    point_s: float = _BATCH_S
    looked: float = -_LOOK_S
    seen_worker: float = field(default_factory=time.monotonic)
    sent: int = 0

    def all_of(self, points: Iterator[Point]) -> Iterator[tuple[Point, Outcome]]:
        """Every point, then those again whose workers died, one at a time: only one of a batch can be to blame."""
        more = True
        while more or self.batches:
            self._look()
            while more and len(self.batches) < self.room:
                batch = self._batch(points)
                more = bool(batch)
                if batch:
                    self._send(batch)
            if self.batches:
                yield from self._land(alone=False)
        for point in self.suspects:
            self._send((point,))
            while self.batches:
                self._look()
                yield from self._land(alone=True)

    def abandon(self) -> None:
        """Forget what is still under way."""
        with suppress(Exception):
            self.client.cancel(list(self.batches), force=True)
        self.batches.clear()

    def _batch(self, points: Iterator[Point]) -> tuple[Point, ...]:
        """The next points: as many as take a while, but near the end an even share for each worker."""
        size, workers = int(min(max(_BATCH_S / self.point_s, 1), _LARGEST)), self.room // _DEPTH
        if len(self.waiting) < size * workers:
            self.waiting.extend(islice(points, size * workers - len(self.waiting)))
        share = min(size, -(-len(self.waiting) // workers))
        return tuple(self.waiting.popleft() for _ in range(share))

    def _send(self, batch: tuple[Point, ...]) -> None:
        self.sent += 1
        future = self.client.submit(
            compute,
            *(self.order.work, self.order.study, batch, self.order.expected),
            key=f"points-{self.name}-{self.sent}",
            pure=False,
        )
        self.batches[future] = batch
        future.add_done_callback(self.landed.put)

    def _land(self, *, alone: bool) -> Iterator[tuple[Point, Outcome]]:
        """Wait until something has come down, and yield it."""
        try:
            futures = [self.landed.get(timeout=_LOOK_S)]
        except queue.Empty:
            return
        while not self.landed.empty():
            futures.append(self.landed.get())
        answers = self._gathered(futures)
        # Those that end the run come last: what the others bring is kept.
        for number in sorted(answers, key=lambda number: getattr(answers[number], "refusal", "lost") != ""):
            batch, answer = self.batches.pop(futures[number]), answers[number]
            if answer is None:
                yield from self._fallen(batch, futures[number], alone=alone)
            elif answer.refusal:
                raise ClusterError(answer.refusal)
            else:
                yield from self._read(batch, answer)

    def _gathered(self, futures: list[Future]) -> dict[int, Answer | None]:
        """The answers by place; None where there is none."""
        try:
            return dict(self.client.gather(dict(enumerate(futures)), errors="skip"))
        except Exception:
            # Each way of losing a connection has an error of its own.
            raise self._gone() from None

    def _read(self, batch: tuple[Point, ...], answer: Answer) -> Iterator[tuple[Point, Outcome]]:
        # The first points of a process also load and compile: what counts is the mean of the last few batches.
        self.point_s = 0.5 * self.point_s + 0.5 * max(answer.seconds / len(batch), 1e-6)
        yield from zip(batch, answer.outcomes, strict=True)

    def _fallen(self, batch: tuple[Point, ...], future: Future, *, alone: bool) -> Iterator[tuple[Point, Outcome]]:
        """What to do with a batch without answer."""
        from distributed import KilledWorker

        error = future.exception() if future.status == "error" else None
        if isinstance(error, KilledWorker):
            if alone:
                deaths = error.allowed_failures + 1
                yield batch[0], Outcome(metrics=None, error=f"its worker died, {deaths} of {deaths} times")
            else:
                self.suspects.extend(batch)
        elif error is not None:
            raise ClusterError(f"{self.address}: {one_line(error)}")
        else:
            raise self._gone()

    def _look(self) -> None:
        """Now and then: how many workers are there, and is there a scheduler?"""
        now = time.monotonic()
        if now < self.looked + _LOOK_S:
            return
        self.looked = now
        try:
            n_workers = len(self.client.nthreads())
        except Exception:
            raise self._gone() from None
        self.room = _DEPTH * max(1, n_workers)
        if n_workers:
            self.seen_worker = now
        elif now > self.seen_worker + _PATIENCE_S:
            raise ClusterError(
                f"{self.address}: no worker for {_PATIENCE_S / 60:.0f} minutes; what is finished is kept: "
                "start workers and run the same command again"
            )

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"lost the Dask scheduler of {self.address}; what is finished is kept: run the same command again"
        )
