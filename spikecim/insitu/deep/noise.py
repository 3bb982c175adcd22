"""Read noise of many sums at little cost: a pool of normal deviates, read from a place that a hash names.

The noise of a sum over cells of equal, independent noise has variance sigma^2 sum(x^2), whatever the cells hold. Where
the pool is read depends on seed, step, layer, pass and place alone, so that order of work and resuming change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from spikecim.streams import name_key

POOL = 1 << 22


@dataclass(kw_only=True)
class NoisePool:
    """Normal deviates for all layers of a network.

    Attributes
    ----------
    seed : int
    pool : Tensor (POOL,)
    step : int
        Moved on by the training loop.
    """

    seed: int
    pool: Tensor
    step: int = 0

    def block(self, rows: int, columns: int, *path: str | int) -> Tensor:
        """Deviates (rows, columns); a view into the pool, to be read only."""
        wanted = rows * columns
        while wanted > len(self.pool):
            self.pool = torch.cat([self.pool, self.pool])
        start = name_key(self.seed, self.step, *path) % (len(self.pool) - wanted + 1)
        return self.pool[start : start + wanted].view(rows, columns)


def noise_pool(seed: int, where: torch.device) -> NoisePool:
    """A pool drawn from the stream of `seed`."""
    generator = torch.Generator().manual_seed(name_key(seed, "read-noise") % 2**63)
    return NoisePool(seed=seed, pool=torch.randn(POOL, generator=generator).to(where))
