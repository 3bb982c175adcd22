"""What the claims of SPIRIT's authors are tested on: ready networks with their images, and rows that judge a claim."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.chips import load_chip
from spikecim.datasets import load
from spikecim.datasets.preprocess import resize
from spikecim.errors import DataNotFoundError
from spikecim.experiments.material import FALLBACK, network_for
from spikecim.experiments.rows import Span
from spikecim.models.forward import Values, forward
from spikecim.models.layers import Activation
from spikecim.models.model import AnnModel
from spikecim.results.findings import Row, verdict
from spikecim.training.deep.ready import ready_model, shipped_names
from spikecim.training.perceptron_model import model_of

PERCEPTRON = "perceptron"
DATASET = "mnist"
CALIBRATION = 2000


@dataclass(frozen=True, kw_only=True)
class Images:
    """Values (n, *input_shape) in [0, 1] and labels (n,)."""

    values: Values
    labels: NDArray[np.int64]
    complete: bool

    def head(self, limit: int) -> Images:
        """The first `limit` of them."""
        return replace(self, values=self.values[:limit], labels=self.labels[:limit])


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A ready network and its images.

    Attributes
    ----------
    model : AnnModel
    dataset : str
    calibration : float32 (n, *input_shape)
        Training images for scales.
    held_out, test : Images
        Training images that no network was trained on, for choices; test images, for the report.
    """

    model: AnnModel
    dataset: str
    calibration: Values
    held_out: Images
    test: Images


def data_at_hand(dataset: str, *, progress: bool = False) -> str:
    """`dataset`, or the embedded digits if it is neither on this machine nor reachable."""
    try:
        load(dataset, "test", limit=1, progress=progress)
    except DataNotFoundError:
        return FALLBACK
    return dataset


def why_not(name: str, dataset: str) -> str | None:
    """Why there is no network called `name` for `dataset`, or None."""
    if name == PERCEPTRON:
        return None
    if dataset != DATASET:
        return f"it is trained for {DATASET}; no network of this kind is ready for {dataset}"
    return None if name in shipped_names() else f"its weights are not shipped; do: spikecim train {name}"


def subject(name: str, dataset: str, *, held_out: int, limit: int | None) -> Subject:
    """Load `name` with `held_out` images for choices and all, or the first `limit`, test images."""
    model = model_of(network_for(load_chip("spirit"), dataset)) if name == PERCEPTRON else ready_model(name)
    return Subject(
        model=model,
        dataset=dataset,
        calibration=_images(dataset, "fit", model, CALIBRATION).values,
        held_out=_images(dataset, "held-out", model, held_out),
        test=_images(dataset, "test", model, limit),
    )


def _images(dataset: str, split: str, model: AnnModel, limit: int | None) -> Images:
    found = load(dataset, split, limit=limit)
    side = model.input_shape[0]
    if found.images.shape[1] == side:
        values = found.images.astype(np.float32) / np.float32(255)
    else:
        values = resize(found.images, "area-mean", side).astype(np.float32)
    return Images(
        values=values.reshape(-1, *model.input_shape), labels=found.labels.astype(np.int64), complete=found.complete
    )


def sums(model: AnnModel, values: Values) -> NDArray[np.float32]:
    """Outputs (n, n_classes) before a last activation: it keeps their order, but in float it may round two alike."""
    last = model.layers[-1]
    bare = replace(model, layers=model.layers[:-1]) if isinstance(last, Activation) else model
    return forward(bare, values)


def accuracy_of(decided: NDArray[np.integer], labels: NDArray[np.integer]) -> float:
    """Share decided as labelled."""
    return float((decided == labels).mean())


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is claimed of a quantity: its value, or its bound, give or take `half_unit`."""

    id: str
    quantity: str
    value: float
    unit: str
    source: str
    half_unit: float = 0.0
    at_least: bool = True


def claim_row(claim: Claim, span: Span, how: str, *, comparable: bool) -> Row:
    """The row of `claim`, judged by the middle of `span` alone: an interval may not rescue it."""
    low, middle, high = span
    judged = verdict(
        claim.value,
        claim.half_unit,
        (middle, middle),
        fitted=False,
        comparable=comparable,
        at_least=claim.at_least,
    )
    return Row(
        id=claim.id,
        quantity=claim.quantity,
        published=claim.value,
        emulated=middle,
        low=low,
        high=high,
        unit=claim.unit,
        verdict=judged,
        status=how,
        source=claim.source,
        relation="at least" if claim.at_least else "equal",
    )


def banner(dataset: str, *, complete: bool, n_images: int) -> str | None:
    """Why the rows are not judged, or None when they are."""
    if dataset == DATASET and complete:
        return None
    return (
        f"Run on {n_images:,} images of {dataset} test, not on MNIST's 10,000 test images: no row can be judged, and "
        "networks that are ready for MNIST only are left out on other data."
    )
