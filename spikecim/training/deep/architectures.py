"""The ready networks' layers as PyTorch chains, built by name: MLP, LeNet, MobileNet and plain CNN, tiny perceptrons.

LeNet-class: LeCun et al. 1998 with ReLU and average pools. MobileNet-class: Howard et al. 2017, depthwise 3x3 then
pointwise 1x1, each with batch norm and ReLU; a plain chain without residual additions, which spikes cannot do for free.
VGG-class: Simonyan, Zisserman 2015, 3x3 convolutions with batch norm and ReLU, with average pools.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise

from torch import nn

# (channels, stride) of each depthwise-separable block.
Blocks = tuple[tuple[int, int], ...]
GREY_BLOCKS: Blocks = ((32, 2), (64, 1), (96, 2), (128, 1), (128, 1))
COLOUR_BLOCKS: Blocks = ((48, 2), (96, 1), (96, 1), (160, 2), (160, 1), (160, 1), (256, 2))


def perceptron(widths: tuple[int, ...], dropout: float = 0.0) -> nn.Sequential:
    """Dense layers of `widths` with ReLU between them; dropout behind each ReLU if it is above 0."""
    layers: list[nn.Module] = [nn.Flatten()]
    for number, (n_in, n_out) in enumerate(pairwise(widths)):
        if number:
            layers += [nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
        layers.append(nn.Linear(n_in, n_out))
    return nn.Sequential(*layers)


def lenet() -> nn.Sequential:
    """Two convolutions, each with an average pool, and three dense layers, for 28x28 grey images."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Dropout(0.1)),
        *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def mobilenet(channels: int, first: int, blocks: Blocks, pool: int) -> nn.Sequential:
    """A 3x3 convolution to `first` channels, depthwise-separable `blocks`, a mean, a dense layer."""
    layers = _normed(nn.Conv2d(channels, first, 3, padding=1, bias=False))
    width = first
    for wider, stride in blocks:
        layers += _normed(nn.Conv2d(width, width, 3, stride, padding=1, groups=width, bias=False))
        layers += _normed(nn.Conv2d(width, wider, 1, bias=False))
        width = wider
    return nn.Sequential(*layers, nn.AvgPool2d(pool), nn.Flatten(), nn.Linear(width, 10))


def convnet(channels: int, stages: tuple[tuple[int, ...], ...], side: int) -> nn.Sequential:
    """3x3 convolutions to the widths of each stage, an average pool of 2 behind it, a dense layer; `side` pixels in."""
    layers: list[nn.Module] = []
    width = channels
    for stage in stages:
        for wider in stage:
            layers += _normed(nn.Conv2d(width, wider, 3, padding=1, bias=False))
            width = wider
        layers.append(nn.AvgPool2d(2))
    rest = side // 2 ** len(stages)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * rest * rest, 10))


def _normed(layer: nn.Conv2d) -> list[nn.Module]:
    return [layer, nn.BatchNorm2d(layer.out_channels), nn.ReLU()]


ARCHITECTURES: Mapping[str, Callable[[], nn.Sequential]] = {
    "mlp": partial(perceptron, (784, 300, 100, 10), 0.2),
    "lenet": lenet,
    "mobilenet-grey": partial(mobilenet, 1, 16, GREY_BLOCKS, 7),
    "mobilenet-colour": partial(mobilenet, 3, 24, COLOUR_BLOCKS, 4),
    "cnn-colour": partial(convnet, 3, ((16,), (32, 32), (64, 64)), 32),
    **{f"depth-{depth}": partial(perceptron, (144, *[100] * (depth - 1), 10)) for depth in range(1, 6)},
}
