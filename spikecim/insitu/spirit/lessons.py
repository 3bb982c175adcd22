"""What a chip learns: weights trained offline on what it knew, images of what is new, images to rehearse and to judge.

Two kinds of task. A new class: the perceptron is trained on all classes but one, whose neuron holds weights of 0 and is
not asked; then the chip learns that class. A drift: the perceptron is trained on images as published; then they drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.spec import ChipSpec
from spikecim.datasets import load
from spikecim.datasets.preprocess import resize
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.drift import Drift
from spikecim.network import Network
from spikecim.training.perceptron import Recipe, accuracy, train_float, train_quantised

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
DATA = ("mnist", "fashion-mnist", "digits")
# As a reader names them.
DATA_WORDS = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "digits": "the embedded digits"}
SPLITS = ("fit", "held-out", "test")


@dataclass(frozen=True, kw_only=True)
class Images:
    """Inputs float64 (n_samples, n_in) in [0, 1] and labels (n_samples,)."""

    values: Floats
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, mask: NDArray[np.bool_]) -> Images:
        """Those that `mask` (n_samples,) holds."""
        return Images(values=self.values[mask], labels=self.labels[mask])

    def head(self, n: int | None) -> Images:
        """The first `n`; all of them for None."""
        return Images(values=self.values[:n], labels=self.labels[:n])


@dataclass(frozen=True, kw_only=True)
class Exam:
    """Images of what was known and of what is new, to judge a chip by."""

    old: Images
    new: Images


@dataclass(frozen=True, kw_only=True)
class Perceptrons:
    """Accuracies of perceptrons on the exam, as shares: old, new, all of it.

    Attributes
    ----------
    start : tuple of float
        Real weights trained on what the chip knows at the start.
    taught : tuple of float
        Real weights trained on everything: the ideal.
    """

    start: tuple[float, float, float]
    taught: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to learn.

    Attributes
    ----------
    name : str
        ``"new-class"`` or ``"drift"``.
    what : str
        In words.
    start : Network
        Whole weights (n_in, n_out) that the chip is programmed with.
    taught : Network
        Whole weights trained offline on everything, for a chip that is programmed anew instead.
    asked : tuple of int
        Neurons that take part in decisions before the learning.
    new : Images
        Training images of what is new.
    old : Images
        Training images of what the chip knows, in an order of their own: rehearsal takes the first of each class.
    validation, test : Exam
        Held-out training images, by which rates are chosen; test images, which are only reported.
    perceptrons : Perceptrons
        On the test images.
    """

    name: str
    what: str
    start: Network
    taught: Network
    asked: tuple[int, ...]
    new: Images
    old: Images
    validation: Exam
    test: Exam
    perceptrons: Perceptrons

    def pool(self, per_class: int | None) -> Images:
        """Rehearsal images: the first `per_class` of each old class, or all of them for None."""
        if per_class is None:
            return self.old
        places = [np.flatnonzero(self.old.labels == label)[:per_class] for label in np.unique(self.old.labels)]
        keep = np.zeros(len(self.old), bool)
        keep[np.concatenate(places)] = True
        return self.old.where(keep)


def new_class_task(
    chip: ChipSpec, data: str, new: int, *, recipe: Recipe | None = None, limit: int | None = None
) -> Task:
    """Class `new` after all others.

    Parameters
    ----------
    recipe : Recipe, optional
        Of the offline trainings.
    limit : int, optional
        Only the first images of every split, for a quick look.

    Raises
    ------
    ParameterError
        If the chip has no neuron of that number, or the data no image of it.
    """
    parts = {split: _images(chip, data, split, None, limit) for split in SPLITS}
    n_out = chip.geometry.n_out.value
    if not 0 <= new < n_out:
        raise ParameterError(f"new class {new}: chip {chip.name} has neurons 0 .. {n_out - 1}")
    for split, images in parts.items():
        if new not in images.labels or (images.labels == new).all():
            raise ParameterError(f"new class {new}: {data} {split} needs images of it and of others")
    fit = parts["fit"]
    known = fit.where(fit.labels != new)
    exams = {
        split: Exam(old=found.where(found.labels != new), new=found.where(found.labels == new))
        for split, found in parts.items()
    }
    asked = tuple(neuron for neuron in range(n_out) if neuron != new)
    return _task(
        chip, name="new-class", what=f"class {new} of {DATA_WORDS[data]} after the others", known=known, everything=fit,
        new=fit.where(fit.labels == new), exams=exams, asked=asked, recipe=recipe or Recipe(),
    )  # fmt: skip


def drift_task(
    chip: ChipSpec, data: str, drift: Drift, *, recipe: Recipe | None = None, limit: int | None = None
) -> Task:
    """Drifted images after those as published; every class, and every neuron, is known from the start; as above."""
    plain, drifted = ({split: _images(chip, data, split, how, limit) for split in SPLITS} for how in (None, drift))
    known, new = plain["fit"], drifted["fit"]
    both = Images(values=np.concatenate([known.values, new.values]), labels=np.concatenate([known.labels, new.labels]))
    exams = {split: Exam(old=plain[split], new=drifted[split]) for split in SPLITS}
    return _task(
        chip, name="drift", what=f"images of {DATA_WORDS[data]} {drift.words()}", known=known, everything=both, new=new,
        exams=exams, asked=tuple(range(chip.geometry.n_out.value)), recipe=recipe or Recipe(),
    )  # fmt: skip


def _images(chip: ChipSpec, data: str, split: str, drift: Drift | None, limit: int | None) -> Images:
    if data not in DATA:
        raise ParameterError(f"data {data!r}: learning takes {', '.join(DATA)}")
    found = load(data, split, limit=limit)
    pixels = found.images if drift is None else drift.apply(found.images)
    values = resize(pixels, chip.geometry.preprocessing.value, chip.geometry.image_side.value)
    return Images(values=values, labels=found.labels.astype(np.int64))


def _task(
    chip: ChipSpec,
    *,
    name: str,
    what: str,
    known: Images,
    everything: Images,
    new: Images,
    exams: dict[str, Exam],
    asked: tuple[int, ...],
    recipe: Recipe,
) -> Task:
    start, start_real = _trained(chip, known, asked, f"{name}-start", recipe)
    taught, taught_real = _trained(chip, everything, tuple(range(chip.geometry.n_out.value)), f"{name}-taught", recipe)
    test = exams["test"]
    return Task(
        name=name, what=what, start=start, taught=taught, asked=asked, new=new, old=known,
        validation=exams["held-out"], test=test,
        perceptrons=Perceptrons(start=_marks(start_real, test, asked), taught=_marks(taught_real, test, None)),
    )  # fmt: skip


def _trained(
    chip: ChipSpec, images: Images, neurons: tuple[int, ...], name: str, recipe: Recipe
) -> tuple[Network, Floats]:
    """Whole weights for the chip, 0 for neurons left out, and real ones (n_in, len(neurons)) as the ideal."""
    levels = chip.synapse.levels.value
    place = np.full(chip.geometry.n_out.value, -1)
    place[list(neurons)] = np.arange(len(neurons))
    labels = place[images.labels]
    whole = np.zeros((images.values.shape[1], len(place)), np.int8)
    whole[:, list(neurons)] = train_quantised(images.values, labels, len(neurons), recipe, levels)
    real = train_float(images.values, labels, len(neurons), recipe)
    notes = {"made_by": "spikecim learn", "images": str(len(images)), "seed": str(recipe.seed)}
    return Network(weights=whole, name=name, preprocessing=chip.geometry.preprocessing.value, notes=notes), real


def _marks(real: Floats, exam: Exam, asked: tuple[int, ...] | None) -> tuple[float, float, float]:
    """Accuracies of real weights; with `asked`, columns stand for those neurons only."""
    shares = []
    for images in (exam.old, exam.new):
        labels = images.labels
        if asked is not None:
            place = np.full(max(int(labels.max()), *asked) + 1, -1)
            place[list(asked)] = np.arange(len(asked))
            labels = place[labels]
        shares.append(accuracy(real, images.values, labels))
    n_old, n_new = len(exam.old), len(exam.new)
    return shares[0], shares[1], (shares[0] * n_old + shares[1] * n_new) / (n_old + n_new)
