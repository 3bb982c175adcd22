"""How a learning goes on: batches, what each of them shows, and which neurons are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.insitu.spirit.lessons import Images
from spikecim.streams import stream

ALL, NEW = "all", "new"
UPDATES = (ALL, NEW)
Orders = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a learning goes on.

    Attributes
    ----------
    rate : float
        Of the rule.
    batches, batch : int
        Batches presented, and images in each.
    new_share : float
        Share of each batch that shows what is new; the rest is rehearsal. 1 without rehearsal.
    updates : str
        ``"all"`` neurons are written, or only the ``"new"`` one.
    dead_zone : int
        Spikes of error for which nothing is written.
    """

    rate: float
    batches: int = 60
    batch: int = 100
    new_share: float = 1.0
    updates: str = ALL
    dead_zone: int = 0

    def __post_init__(self) -> None:
        if self.batches < 0 or self.batch < 1:
            raise ParameterError(f"{self.batches} batches of {self.batch} images: give 0 or more of 1 or more")
        if not 0.0 < self.new_share <= 1.0:
            raise ParameterError(f"share of new images {self.new_share}: allowed above 0, up to 1")
        if self.updates not in UPDATES:
            raise ParameterError(f"updates {self.updates!r}: allowed: {', '.join(UPDATES)}")

    @property
    def n_new(self) -> int:
        """New images of a batch."""
        return min(self.batch, max(1, round(self.batch * self.new_share)))


def written_neurons(plan: Plan, new: Images, n_out: int) -> NDArray[np.bool_]:
    """Which neurons (n_out,) learn."""
    if plan.updates == ALL:
        return np.ones(n_out, bool)
    classes = np.unique(new.labels)
    if len(classes) != 1:
        raise ParameterError(f"updates {NEW}: what is new has {len(classes)} classes; set updates to {ALL}")
    found: NDArray[np.bool_] = np.arange(n_out) == classes[0]
    return found


def orders_of(
    new: Images, rehearsal: Images | None, plan: Plan, key: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Images of every batch, (batches, n_new) and (batches, the rest): whole passes, shuffled, one after the other."""
    n_old = plan.batch - plan.n_new
    if (n_old > 0) != (rehearsal is not None and len(rehearsal) > 0):
        raise ParameterError(
            f"a batch holds {n_old} images of rehearsal: give images to rehearse and a share of new ones below 1, "
            "or neither"
        )
    made = []
    for name, images, n in (("new", new, plan.n_new), ("old", rehearsal, n_old)):
        wanted, n_images = plan.batches * n, 0 if images is None else len(images)
        passes = -(-wanted // n_images) if n_images else 0
        draws = stream(key, "order", name)
        places = [draws.permutation(n_images) for _ in range(passes)]
        flat = np.concatenate(places)[:wanted] if places else np.zeros(0, np.int64)
        made.append(flat.reshape(plan.batches, n))
    return made[0], made[1]


def batch_at(
    new: Images, rehearsal: Images | None, orders: Orders, step: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values (batch, n_in) and labels (batch,) of batch number `step`, new ones first."""
    parts = [new.values[orders[0][step]]], [new.labels[orders[0][step]]]
    if rehearsal is not None:
        parts[0].append(rehearsal.values[orders[1][step]])
        parts[1].append(rehearsal.labels[orders[1][step]])
    return np.concatenate(parts[0]), np.concatenate(parts[1])
