"""Fixed ranges of all converters from calibration batches: first the inputs of every layer, then its column sums.

Inputs are looked at in the float network; columns with DAC, I-V curve and weight levels on. A range is the share of the
largest value with the least squared error. Products of attention get their gain trim here too: converters cannot follow
what is written for each sample. Never calibrate on the test set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spikecim.analog.converters import best_limit
from spikecim.analog.deploy import design
from spikecim.analog.layers import AnalogLayer
from spikecim.analog.product import AnalogProduct
from spikecim.analog.task import Batch
from spikecim.analog.walk import analog_layers, analog_products
from spikecim.errors import DataError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor, nn

VALUES, ROWS = 4096, 256  # looked at per batch: inputs of a layer, sums of a column


class Seen:
    """Values (n, n_columns) gathered from batches, a part of each, and the true extremes."""

    def __init__(self) -> None:
        self.parts: list[Tensor] = []
        self.low = self.high = torch.zeros(1)
        self._draws = torch.Generator().manual_seed(0)

    def add(self, values: Tensor, most: int) -> None:
        """Gather at most `most` rows of `values` (n, n_columns), drawn at random: a stride would see one place."""
        values = values.detach()
        self.low = torch.minimum(self.low.to(values), values.amin(0))
        self.high = torch.maximum(self.high.to(values), values.amax(0))
        if len(values) > most:
            values = values[torch.randint(len(values), (most,), generator=self._draws).to(values.device)]
        self.parts.append(values.clone())

    def limit(self, bits: int | None, signed: bool) -> Tensor:
        """Range (n_columns,)."""
        top = torch.maximum(self.high, -self.low)
        return best_limit(torch.cat([*self.parts]), top, bits, signed)


class InputWatch:
    """First pass: the float network, inputs gathered."""

    def __init__(self) -> None:
        self.inputs, self.written = Seen(), Seen()

    def forward(self, layer: AnalogLayer, x: Tensor) -> Tensor:
        """Product of the plain layer."""
        self.inputs.add(x.reshape(-1, 1), VALUES)
        return layer.multiply(x, layer.matrix())

    def product(self, product: AnalogProduct, a: Tensor, b: Tensor) -> Tensor:
        """Plain product of attention."""
        self.inputs.add(a.reshape(-1, 1), VALUES)
        self.written.add(b.reshape(-1, 1), VALUES)
        return a @ b


class ColumnWatch:
    """Second pass: sums of every slice and row tile gathered, not converted."""

    def __init__(self, n_tiles: int) -> None:
        self.tiles = [Seen() for _ in range(n_tiles)]
        self.wires: list[Tensor] = []

    def forward(self, layer: AnalogLayer, x: Tensor) -> Tensor:
        """Sum of unconverted columns."""
        assert layer.held is not None
        seen = layer.drive(x)
        total: Tensor | None = None
        for gathered, tile in zip(self.tiles, layer.wiring.tiles, strict=True):
            sums = layer.multiply_tile(seen, tile, layer.held.slices)
            gathered.add(layer.rows_of(sums), ROWS)
            total = sums.sum(0) if total is None else total + sums.sum(0)
        assert total is not None
        return total

    def product(self, product: AnalogProduct, a: Tensor, b: Tensor) -> Tensor:
        """The same for a product of attention: one range per slice; and what its wires leave of written values."""
        if trims(product):
            self.wires.append(product.through_wires(b))
        sums = product.sums(a, b)
        for part in sums:
            self.tiles[0].add(part.reshape(len(part), -1).T, VALUES)
        return torch.stack([part.sum(0) for part in sums]).sum(0)


def calibrate(analog: nn.Module, batches: Iterable[Batch]) -> None:
    """Fix the ranges of every DAC and ADC of `analog`, in place, and load its design weights.

    Raises
    ------
    DataError
        If there is no batch, a layer saw none of it, or values that are not finite.
    """
    given = list(batches)
    layers, products = analog_layers(analog), analog_products(analog)
    parts: dict[str, AnalogLayer | AnalogProduct] = {**layers, **products}
    design(analog)
    inputs = {label: InputWatch() for label in parts}
    _run(analog, parts, inputs, given)
    for label, part in parts.items():
        _set_inputs(label, part, inputs[label])
    columns = {label: ColumnWatch(part.n_ranges) for label, part in parts.items()}
    converted = next(iter(layers.values())).wiring.adc_bits is not None
    if converted or any(trims(product) for product in products.values()):
        _run(analog, parts, columns, given)
    if converted:
        for label, part in parts.items():
            bits = part.wiring.adc_bits
            found = [seen.limit(bits, signed=True) for seen in columns[label].tiles]
            part.column_limit.copy_(torch.stack(found).reshape(part.column_limit.shape))
    for label, product in products.items():
        if columns[label].wires:
            _set_gain(product, torch.stack(columns[label].wires).sum(0))


def trims(product: AnalogProduct) -> bool:
    """Whether converters of `product` make up for wires; the class may be switched on later, on the same state."""
    plan = product.wiring.plan
    return plan.trim != "none" and not (plan.wires.ideal and not plan.wires.access)


def _set_gain(product: AnalogProduct, found: Tensor) -> None:
    """Inverse slope of what the sense end sees of all written values, as `trim_gains` sets it for weights.

    `found` is (2, n_slices): <wanted, wanted> and <wanted, seen>. Trim "array": a gain for each slice; "matrix": one.
    """
    power, answer = found if product.wiring.plan.trim == "array" else found.sum(1, keepdim=True)
    gain = torch.where((power > 0.0) & (answer > 0.0), power / answer, 1.0)
    product.gain.copy_(gain.expand(len(product.gain)))


def _run(analog: nn.Module, parts: dict[str, Any], watches: dict[str, Any], batches: list[Batch]) -> None:
    """Pass all batches with the watches in place; afterwards everything is as before."""
    modes = {part: part.training for part in analog.modules()}
    analog.eval()
    try:
        for label, part in parts.items():
            part.observer = watches[label]
        with torch.no_grad():
            for inputs, _ in batches:
                analog(*inputs)
    finally:
        for part in parts.values():
            part.observer = None
        for part, mode in modes.items():
            part.training = mode


def _set_inputs(label: str, part: AnalogLayer | AnalogProduct, watch: InputWatch) -> None:
    for what, seen in (("inputs", watch.inputs), ("written values", watch.written)):
        if not seen.parts:
            if what == "inputs":
                raise DataError(f"calibration: layer {label} saw no value; give batches that reach every layer")
            continue
        if not bool(torch.isfinite(seen.high).all() and torch.isfinite(seen.low).all()):
            raise DataError(f"calibration: {what} of layer {label} are not finite numbers; check weights and batches")
    low = watch.inputs.low[0]
    signed = bool(low < 0.0)
    part.input_low.copy_(low)
    part.input_limit.data.copy_(_above_zero(watch.inputs.limit(part.wiring.input_bits, signed))[0])
    if isinstance(part, AnalogProduct):
        bits = part.wiring.plan.weight_bits if part.wiring.input_bits is not None else None
        part.written_limit.copy_(_above_zero(watch.written.limit(bits, signed=True))[0])
    part.calibrated.fill_(True)


def _above_zero(limit: Tensor) -> Tensor:
    """A converter that saw nothing but 0 gets the range 1: any range converts 0 exactly."""
    return torch.where(limit > 0.0, limit, 1.0)
