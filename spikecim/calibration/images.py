"""What other images would have changed: covariance of the figures over images, from blocks of the simulated ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spikecim.build import build
from spikecim.engines.event import EventEngine
from spikecim.spikes import Decisions
from spikecim.study.factors import AGE
from spikecim.study.metrics import measure
from spikecim.study.point import chip_of, images_for, network_on, trains_for
from spikecim.study.spec import Study

FloatArray = NDArray[np.float64]
_BLOCKS, _CHIPS = 40, 4


def image_covariance(study: Study) -> FloatArray:
    """Covariance (n_figures, n_figures) of the figures of one image, in their units, at the middle of the bounds.

    Blocks of images stand for images, since not every figure is a mean over them; the chips are the first ones.
    """
    values = {factor.path: factor.at(0.5) for factor in study.factors}
    chip = chip_of(study, values)
    network, trains, labels = network_on(study, chip, values), trains_for(study, chip), images_for(study, chip).labels
    edges = np.linspace(0, len(labels), min(_BLOCKS, len(labels)) + 1).astype(int)
    total = np.zeros((len(study.metrics), len(study.metrics)))
    for index in range(_CHIPS):
        virtual = build(chip, network, study.seed, index).after(float(values.get(AGE, 0.0)))
        decisions = EventEngine(keep_spikes=False).run(virtual.program, trains).decisions
        rows = [
            list(measure(study.metrics, virtual, trains.window(a, b), part(decisions, a, b), labels[a:b]).values())
            for a, b in pairwise(edges)
        ]
        total += np.cov(np.array(rows).T).reshape(total.shape)
    return total / _CHIPS * len(labels) / (len(edges) - 1)


def part(decisions: Decisions, start: int, stop: int) -> Decisions:
    """Decisions of samples start..stop-1."""
    return Decisions(**{name: getattr(decisions, name)[start:stop] for name in Decisions.__dataclass_fields__})
