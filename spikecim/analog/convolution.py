"""`nn.Conv2d` of any groups on arrays: the patches of `unfold` drive the rows, all positions share the cells.

Rows are in the order (c_in, k_h, k_w). A row tile is computed as a convolution over the channels it touches, with zeros
for the rows of its neighbours: no patch is ever copied.
"""

from __future__ import annotations

from spikecim.analog.layers import AnalogLayer
from spikecim.analog.wiring import Wiring
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor, nn


class AnalogConv2d(AnalogLayer):
    """A convolution; zero padding drives rows with 0 V, other paddings drive what they copy.

    Parameters
    ----------
    plain : nn.Conv2d
        Its parameters are taken over, not copied.
    wiring : Wiring
    """

    def __init__(self, plain: nn.Conv2d, wiring: Wiring) -> None:
        super().__init__(plain.weight, plain.bias, plain.groups, wiring)
        self.stride, self.dilation, self.kernel_size = plain.stride, plain.dilation, plain.kernel_size
        self.padding: str | tuple[int, ...] = plain.padding
        self._beyond: tuple[str, list[int]] | None = None
        if plain.padding_mode != "zeros":
            self._beyond = plain.padding_mode, list(plain._reversed_padding_repeated_twice)
            self.padding = 0  # type: ignore[assignment]

    def forward(self, x: Tensor) -> Tensor:
        """`x` (n_samples, c_in, height, width), or one image without the sample axis."""
        return super().forward(x) if x.ndim == 4 else super().forward(x[None])[0]

    def multiply(self, seen: Tensor, weight: Tensor) -> Tensor:
        return self._convolve(seen, weight.unflatten(1, (-1, *self.kernel_size)))

    def multiply_tile(self, seen: Tensor, tile: slice, slices: Tensor) -> Tensor:
        n_slices, n_out, n_in = slices.shape
        taps = self.kernel_size[0] * self.kernel_size[1]
        first, last = tile.start // taps, -(-tile.stop // taps)
        kernel = slices[:, :, first * taps : last * taps]
        if tile.start > first * taps or tile.stop < last * taps:
            row = torch.arange(first * taps, last * taps, device=seen.device)
            kernel = kernel * ((row >= tile.start) & (row < tile.stop))
        if (first, last) != (0, n_in // taps):
            seen = seen.unflatten(1, (self.groups, -1))[:, :, first:last].flatten(1, 2)
        # One convolution for all slices: outputs must lie group by group.
        stacked = kernel.unflatten(1, (self.groups, -1)).transpose(0, 1).flatten(0, 2)
        found = self._convolve(seen, stacked.unflatten(1, (-1, *self.kernel_size)))
        apart = found.unflatten(1, (self.groups, n_slices, n_out // self.groups))
        return apart.movedim(2, 0).flatten(2, 3)

    def per_column(self, values: Tensor, like: Tensor) -> Tensor:
        return values[..., None, None] if values.ndim == 1 else values[:, None, :, None, None]

    def rows_of(self, sums: Tensor) -> Tensor:
        return sums.permute(1, 3, 4, 0, 2).flatten(0, 2).flatten(1)

    def _convolve(self, seen: Tensor, kernel: Tensor) -> Tensor:
        if self._beyond is not None:
            seen = nn.functional.pad(seen, self._beyond[1], mode=self._beyond[0])
        return nn.functional.conv2d(seen, kernel, None, self.stride, self.padding, self.dilation, self.groups)
