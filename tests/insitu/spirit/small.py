"""A small chip and tasks on it that are learned in a moment: 16 inputs, 3 neurons, three clouds of bars."""

from __future__ import annotations

from functools import cache

import numpy as np

from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.chips.values import set_values
from spikecim.insitu.spirit.lessons import Exam, Images, Perceptrons, Task
from spikecim.network import Network
from spikecim.streams import stream

N_IN, N_OUT = 16, 3


@cache
def small_chip() -> ChipSpec:
    """SPIRIT with 16 inputs and 3 neurons, a shorter window and a higher link rate."""
    changes = {"geometry.n_in": N_IN, "geometry.n_out": N_OUT, "geometry.image_side": 4, "coding.window": 400e-6}
    return set_values(load_chip("spirit"), changes)


def images(split: str, n: int, classes: tuple[int, ...] = (0, 1, 2)) -> Images:
    """`n` images: class k lights rows 4k to 4k + 3 of the 16 lines, others are dim."""
    draws = stream(0, "small", split)
    labels = np.array(classes)[draws.integers(0, len(classes), n)]
    values = 0.15 * draws.random((n, N_IN))
    for k in range(4):
        values[np.arange(n), 4 * labels + k] += 0.6 * draws.random(n)
    return Images(values=values, labels=labels.astype(np.int64))


@cache
def small_task() -> Task:
    """Class 2 after 0 and 1; weights are set by hand."""
    taught = np.full((N_IN, N_OUT), -1, np.int8)
    for label in range(N_OUT):
        taught[4 * label : 4 * label + 4, label] = 3
    start = taught.copy()
    start[:, 2] = 0
    exams = {
        split: Exam(old=images(f"{split}-old", 40, (0, 1)), new=images(f"{split}-new", 20, (2,)))
        for split in ("validation", "test")
    }
    return Task(
        name="new-class", what="class 2 of bars after the others", start=Network(weights=start),
        taught=Network(weights=taught), asked=(0, 1), new=images("fit-new", 60, (2,)),
        old=images("fit-old", 80, (0, 1)), validation=exams["validation"], test=exams["test"],
        perceptrons=Perceptrons(start=(1.0, 0.0, 2 / 3), taught=(1.0, 1.0, 1.0)),
    )  # fmt: skip
