"""Pools of an imported network: windows that do not overlap, and what may stand for a max pool."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from spikecim.models.chain import Chain
from spikecim.models.layers import AveragePool, Pair


class ModelWarning(UserWarning):
    """An imported network is not quite the one that was given."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A pooling window: rows and columns; `padding` is the largest of its sides."""

    size: Pair
    stride: Pair
    padding: int = 0
    dilation: int = 1
    ceil: bool = False


def average_pool(chain: Chain, node: str, window: Window) -> None:
    """Add the mean over windows that do not overlap."""
    _check_image(chain, node)
    if window.padding or window.dilation != 1:
        raise chain.error(node, "pooling with padding or dilation is not supported")
    for length, size, stride in zip(chain.shape[:2], window.size, window.stride, strict=True):
        if size < 1 or stride < 1 or size > length:
            raise chain.error(node, f"a window of {size} with stride {stride} does not fit a length of {length}")
        # A single window: its stride is never used.
        single = length < size + stride and length < 2 * size
        if size != stride and not single:
            raise chain.error(node, f"windows of {size} with stride {stride} overlap or leave gaps; not supported")
        if window.ceil and (length - size) % stride:
            raise chain.error(node, f"ceil_mode with windows of {size} on a length of {length} is not supported")
    chain.add(AveragePool(size=window.size, name=chain.name_for(node)))


def max_pool(chain: Chain, node: str, window: Window) -> None:
    """Refuse a max pool, or put an average pool in its place with a warning."""
    if not chain.replace_max_pool:
        raise chain.error(
            node,
            "max pool has no equivalent in spikes; retrain with average pool, or allow the replacement "
            "(--replace-max-pool, or replace_max_pool=True in Python)",
        )
    average_pool(chain, node, window)
    chain.replaced.append(node)
    text = f"max pool {node!r} was replaced by the average over the same {window.size[0]}x{window.size[1]} windows"
    warnings.warn(f"{chain.source}: {text}; outputs are not those of the source", ModelWarning, stacklevel=2)


def adaptive_pool(chain: Chain, node: str, size: Sequence[int | None]) -> None:
    """Add the average pool that leaves `size` (rows, columns); None keeps a length."""
    _check_image(chain, node)
    wanted = [length if keep is None else int(keep) for length, keep in zip(chain.shape[:2], size, strict=True)]
    if min(wanted) < 1 or any(length % parts for length, parts in zip(chain.shape[:2], wanted, strict=True)):
        raise chain.error(node, f"{chain.shape[:2]} positions cannot be cut into {tuple(wanted)} equal windows")
    step = (chain.shape[0] // wanted[0], chain.shape[1] // wanted[1])
    average_pool(chain, node, Window(size=step, stride=step))


def _check_image(chain: Chain, node: str) -> None:
    if len(chain.shape) != 3:
        raise chain.error(node, f"pooling of values of shape {chain.shape}; it takes (channels, height, width)")
