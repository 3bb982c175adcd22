"""Shipped networks of several layers, converted for an exact chip, with a window chosen on held-out training images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.conversion.registry import get_conversion
from spikecim.engines.layered_event import run_layered
from spikecim.explore.compare_chip import bounds_of, load_rig
from spikecim.explore.compare_material import calibration_for, find_model, images_for
from spikecim.layered.network import SpikingNetwork
from spikecim.layered_build import LayeredChip, build_layers
from spikecim.models.forward import Values

CHIP, CONVERSION, DATASET = "spirit-multi-ideal", "relu-percentile", "mnist"
LONG_STEPS = 64  # input steps of the window that "final accuracy" means: the chip's own
SHARE = 0.99  # of the final accuracy: what the chosen window must keep
SPARE = 0.005  # more than that on held-out images, for other images need a little longer


@dataclass(frozen=True, kw_only=True)
class Converted:
    """A converted network and its test images; `at` gives the chip that shows them for so many steps."""

    name: str
    network: SpikingNetwork
    images: Values
    labels: NDArray[np.integer]
    held_out: Values
    held_out_labels: NDArray[np.integer]

    def at(self, steps: int, checkpoints: tuple[int, ...] = ()) -> LayeredChip:
        """The exact chip programmed with the network, no early stop."""
        code = replace(self.network.code, n_steps=steps)
        return build_layers(load_rig(CHIP).chip, replace(self.network, code=code), 0, checkpoints=checkpoints)


def converted(name: str, images: int, held_out: int) -> Converted:
    """Convert the shipped network `name`; so many test images, and held-out ones spread over all there are."""
    model = find_model(name)
    held = images_for(model, DATASET, "held-out")
    rows = np.linspace(0, held.n_samples - 1, min(held_out, held.n_samples)).round().astype(np.int64)
    test = images_for(model, DATASET, "test", limit=images)
    bounds = bounds_of(load_rig(CHIP).chip, steps=LONG_STEPS)
    return Converted(
        name=name,
        network=get_conversion(CONVERSION)(model, calibration_for(model, DATASET).values, bounds),
        images=test.values,
        labels=test.labels,
        held_out=held.values[rows],
        held_out_labels=held.labels[rows],
    )


def shortest_window(job: Converted) -> int:
    """Fewest input steps that keep `SHARE` and `SPARE` of the long window's accuracy, on the held-out images.

    The input code and the layers are the same tick by tick whatever the window, so one long run tells all shorter ones.
    """
    tail = job.network.code.tail_steps
    chip = job.at(LONG_STEPS, checkpoints=tuple(range(1 + tail, LONG_STEPS + tail + 1)))
    code = chip.network.code
    record = run_layered(chip.program, code.encode(flat(job.held_out)), keep_output=False)
    return first_to_keep((record.checkpoint_winners == job.held_out_labels[:, None]).mean(0))


def first_to_keep(accuracy: NDArray[np.float64]) -> int:
    """Number, from 1, of the first of `accuracy` that keeps `SHARE` and `SPARE` of the last one."""
    return int(np.argmax(accuracy >= (SHARE + SPARE) * accuracy[-1])) + 1


def flat(images: Values) -> Values:
    """Images as rows of lines."""
    return images.reshape(len(images), -1)
