"""Read noise of a deployed layer: fresh at every read, drawn by name from (seed, chip, layer, row tile, sample).

A sample is what lies along the first axis; the counter goes on from call to call. So the size of a batch changes
nothing where the layer runs once for each sample. Where it runs more often (a module used twice, word after word in
greedy decoding) batches of another size read otherwise; the same batches read the same. Each sum gets a normal
deviate of its own: the variance of a sum of independent reads is exact.
"""

from __future__ import annotations

import numpy as np

from spikecim.models.extras import needs
from spikecim.streams import name_key

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor


class ReadNoise:
    """Draws for one layer of one chip.

    Parameters
    ----------
    seed : int
    path : str or int, each
        Name of chip and layer.
    """

    def __init__(self, seed: int, *path: str | int) -> None:
        self._key = name_key(seed, *path, "read")
        self._sample = 0

    def draw(self, variance: Tensor, place: int) -> Tensor:
        """Noise like `variance` (n_parts, n_samples, ...) for the samples to come, at row tile `place`."""
        noise = np.empty(variance.shape, np.float32)
        for number in range(variance.shape[1]):
            bits = np.random.Philox(key=self._key, counter=[0, 0, place, self._sample + number])
            draws = np.random.Generator(bits).standard_normal(noise[:, number].size, np.float32)
            noise[:, number] = draws.reshape(noise[:, number].shape)
        return torch.from_numpy(noise).to(variance) * variance.clamp_min(0.0).sqrt()

    def advance(self, n_samples: int) -> None:
        """These samples are read."""
        self._sample += n_samples
