"""Drifts are what they say, to the pixel; tasks hold what they say; words that cannot be read are refused."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.drift import Drift, read_drift
from spikecim.insitu.spirit.lessons import new_class_task
from spikecim.insitu.spirit.reading import study_of
from spikecim.training.perceptron import Recipe

IMAGE = np.zeros((1, 28, 28), np.uint8)
IMAGE[0, 10, 3:6] = (100, 200, 51)


def test_shift_moves_pixels_and_brings_in_background() -> None:
    for amount in (4, -5):
        moved = Drift(kind="shift", amount=amount).apply(IMAGE)
        expected = np.zeros_like(IMAGE)
        for column in range(3, 6):
            if 0 <= column + amount < 28:
                expected[0, 10, column + amount] = IMAGE[0, 10, column]
        assert np.array_equal(moved, expected)


def test_rotation_turns_anticlockwise_and_contrast_scales() -> None:
    quarter = Drift(kind="rotate", amount=90).apply(IMAGE)
    assert np.array_equal(quarter[0], np.rot90(IMAGE[0]))
    assert Drift(kind="contrast", amount=0.5).apply(IMAGE)[0, 10, 3:6].tolist() == [50, 100, 26]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rotate", "rotate:25"),
        ("rotate:x", "rotate:25"),
        ("blur:3", "rotate, contrast"),
        ("shift:2.5", "whole number -27 .. 27"),
        ("shift:0", "leaves images"),
        ("contrast:1", "leaves images"),
        ("contrast:nan", "rotate:25"),
        ("rotate:200", "-180 .. 180"),
    ],
)
def test_bad_drifts_are_refused(text: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        read_drift(text)


def test_digits_as_a_task() -> None:
    task = new_class_task(load_chip("spirit"), "digits", 9, recipe=Recipe(steps=600), limit=300)
    assert (task.start.weights[:, 9] == 0).all() and task.asked == tuple(range(9))
    assert set(task.new.labels) == {9} and 9 not in task.old.labels and set(task.test.new.labels) == {9}
    assert task.perceptrons.start[1] == 0.0 and task.perceptrons.start[0] > 0.6 and task.perceptrons.taught[2] > 0.6
    pool = task.pool(2)
    assert len(pool) == 18 and set(np.bincount(pool.labels)) == {2}
    assert task.pool(None) is task.old
    with pytest.raises(ParameterError, match=r"neurons 0 \.\. 9"):
        new_class_task(load_chip("spirit"), "digits", 10)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"drift": "shift:2", "new_class": 3}, "one of them"),
        ({"rates": "0.1,,1"}, "single commas"),
        ({"rates": "0"}, "above 0"),
        ({"rates": "1,1"}, "twice"),
        ({"rehearsals": "some"}, "none, all"),
        ({"rehearsals": "10,10"}, "each once"),
        ({"rules": "hebb"}, "delta, stdp"),
        ({"data": "cifar10"}, "mnist"),
        ({"batches": 0}, "at least 1"),
    ],
)
def test_words_that_cannot_be_read(changes: dict[str, object], words: str) -> None:
    given: dict[str, object] = {
        "data": "mnist", "new_class": None, "drift": None, "rules": "delta", "rehearsals": "none,all", "rates": "1",
        "batches": 2, "batch": 5, "chips": 1, "images": None, "validation": 10, "limit": None, "seed": 0,
    }  # fmt: skip
    with pytest.raises(ParameterError, match=words):
        study_of(load_chip("spirit"), **(given | changes))  # type: ignore[arg-type]
