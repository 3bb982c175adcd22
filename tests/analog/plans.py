"""Plans and small networks for the tests of layers on arrays."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from spikecim.analog.calibrate import calibrate
from spikecim.analog.convert import convert
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.crossbar.wires import Wires
from spikecim.devices.library import load_device

WIRES = Wires(row_segment=2.0, column_segment=2.0, driver=20.0, sense=20.0)
RRAM = load_device("hfo2-rram")


def plan_of(**changes: Any) -> ArrayPlan:
    """Small arrays of a cell that has all five error classes."""
    return ArrayPlan(**{"device": RRAM, "rows": 16, "columns": 16, "wires": WIRES, **changes})


def on_arrays(net: nn.Module, plan: ArrayPlan, errors: tuple[str, ...], *inputs: Tensor) -> nn.Module:
    """`net` converted, and calibrated on `inputs`."""
    analog = convert(net, plan, errors)
    calibrate(analog, [(inputs, torch.zeros(1))])
    return analog.eval()


class SelfAttention(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True, **options)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.attention(x, x, x)[0]
        return made


def networks() -> dict[str, tuple[nn.Module, Tensor]]:
    """Every kind of layer, each with inputs that reach it."""
    torch.manual_seed(0)
    images = torch.randn(3, 4, 7, 7)
    block = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
    return {
        "dense": (nn.Sequential(nn.Linear(40, 9), nn.Tanh(), nn.Linear(9, 5, bias=False)), torch.randn(6, 40)),
        "convolution": (nn.Conv2d(4, 6, 3, stride=2, padding=1), images),
        "dilated": (nn.Conv2d(4, 6, 3, dilation=2, padding="same"), images),
        "reflected": (nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), images),
        "groups": (nn.Conv2d(4, 8, 3, groups=2), images),
        "depthwise": (nn.Conv2d(4, 4, 3, groups=4), images),
        "attention": (SelfAttention(), torch.randn(3, 20, 8)),
        "encoder": (nn.TransformerEncoder(block, 1, enable_nested_tensor=False), torch.randn(2, 5, 8)),
    }
