"""A product of attention on arrays: one operand drives the rows, the other is written into cells for this one use."""

from __future__ import annotations

from typing import Protocol

from spikecim.analog.cells import CellTable, cell_table
from spikecim.analog.converters import common_step, convert_columns, round_once
from spikecim.analog.drive import drive
from spikecim.analog.wiring import wire
from spikecim.analog.written import ChipDraws, Draws, levels, slicing, split, wired
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.tiling import spans
from spikecim.errors import ConversionError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor, nn


class ProductObserver(Protocol):
    """What calibration puts into a product; see `calibrate`."""

    def product(self, product: AnalogProduct, a: Tensor, b: Tensor) -> Tensor:
        """Look at what passes; return the product."""


class AnalogProduct(nn.Module):
    """``a @ b`` with `b` written into arrays for this one use; a (n_samples, n_heads, n_vectors, n_rows).

    Parameters
    ----------
    label : str
    plan : ArrayPlan
    errors : frozenset of str
    """

    input_limit: Tensor
    input_low: Tensor
    written_limit: Tensor
    column_limit: Tensor
    gain: Tensor
    calibrated: Tensor

    def __init__(self, label: str, plan: ArrayPlan, errors: frozenset[str]) -> None:
        super().__init__()
        self.wiring = wire(label, plan, errors, plan.rows)
        for name, value in (("input_limit", 1.0), ("input_low", 0.0), ("written_limit", 1.0)):
            self.register_buffer(name, torch.tensor(value))
        self.register_buffer("column_limit", torch.zeros(self.wiring.n_slices))
        # By which converters make up for wires: set at calibration, whatever is written later.
        self.register_buffer("gain", torch.ones(self.wiring.n_slices))
        self.register_buffer("calibrated", torch.tensor(False))
        self.table: CellTable = cell_table(plan, errors)
        self.draws: Draws | None = None  # None: a design, whose cells have nothing of their own
        self.folding = False  # training: all conversions as one
        self.scale = 1.0  # of the fluctuation, over the device's own
        self.observer: ProductObserver | None = None

    @property
    def label(self) -> str:
        return self.wiring.label

    @property
    def n_ranges(self) -> int:
        """Groups of converters that calibration looks at apart."""
        return 1

    def design(self) -> None:
        """No cell has anything of its own."""
        self.draws = None

    def deploy(self, seed: int, chip_index: int) -> None:
        """The arrays of virtual chip `chip_index` of `seed`, at their first sample."""
        shares = self.wiring.plan.device.stuck_shares if "stuck" in self.wiring.errors else None
        self.draws = ChipDraws(self.wiring, shares, seed, "chip", chip_index, self.label)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Product of `a` (n_samples, n_heads, n_vectors, n_rows) and `b` (n_samples, n_heads, n_rows, n_cols)."""
        if self.observer is not None:
            return self.observer.product(self, a, b)
        bits = self.wiring.adc_bits
        if bits is None or self.folding:
            made = self._folded(a, b)
        else:
            limit = self.column_limit[:, None, None, None, None]
            parts = [convert_columns(sums, limit, bits).sum(0) for sums in self.sums(a, b)]
            made = torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]
        if self.draws is not None:
            self.draws.advance(len(a))
        return made

    def sums(self, a: Tensor, b: Tensor) -> list[Tensor]:
        """Unconverted sums (n_slices, n_samples, n_heads, n_vectors, n_cols) of each row tile."""
        seen, held = self._drive(a), self.write(b)
        found = []
        for number, tile in enumerate(spans(a.shape[-1], self.wiring.plan.rows)):
            made = seen[..., tile] @ held[..., tile, :]
            variance = self._read_variance(b)
            if variance is not None:
                spread = (seen[..., tile].square() @ variance[..., tile, :]).clamp_min(0.0).sqrt()
                made = made + spread * self._normal(spread, 2 + number)
            found.append(made)
        return found

    def write(self, b: Tensor) -> Tensor:
        """Effective values (n_slices, n_samples, n_heads, n_rows, n_cols) of `b` in its cells."""
        kept = levels(b, self.written_limit, self.wiring)
        how = slicing(self.wiring, float(self.written_limit))
        with torch.no_grad():
            held = self._cells(split(kept, how))
            factors = torch.as_tensor(how.factors).to(b)
            if self.draws is not None and "wires" in self.wiring.errors:
                factors = factors * self.gain
            shares: Tensor = factors[:, None, None, None, None] * (held[0] - held[1])
        if not b.requires_grad:
            return shares
        # The gradient of a written value is that of its sum over slices; it rides on the first one.
        straight = kept - kept.detach()
        return torch.cat([shares[:1] + straight, shares[1:]])

    def through_wires(self, b: Tensor) -> Tensor:
        """<wanted, wanted> and <wanted, seen> (2, n_slices) for what each slice holds of `b`, wires alone, no trim."""
        with torch.no_grad():
            how = slicing(self.wiring, float(self.written_limit))
            states = split(levels(b, self.written_limit, self.wiring), how)
            seen = wired(states, self.table, self.wiring.plan)
            wanted, found = (part[0] - part[1] for part in (states.double(), seen.double()))
            squares = torch.as_tensor(how.factors).to(wanted).square()
            return torch.stack([squares * (wanted * side).flatten(1).sum(1) for side in (wanted, found)])

    def _cells(self, states: Tensor) -> Tensor:
        """States (2, n_slices, ...) of the cells as the sense end sees them."""
        errors, table, draws = self.wiring.errors, self.table, self.draws
        if draws is None:
            return states
        if "fluctuation" in errors:
            spread = table.read(table.program_sd, states) * self.scale
            noise = draws.normal(states.movedim(2, 0).shape, 0).to(states).movedim(0, 2)
            states = states + table.read(table.mean, states) - states.clamp(0.0, 1.0) + spread * noise
        stuck = draws.stuck(states.shape)
        if stuck is not None:
            stuck = stuck.to(states.device)
            states = torch.where(stuck == 1, table.rails[1], torch.where(stuck == -1, table.rails[0], states))
        return wired(states, table, self.wiring.plan) if "wires" in errors else states

    def _read_variance(self, b: Tensor) -> Tensor | None:
        """Variance (n_slices, n_samples, n_heads, n_rows, n_cols) of one read of each pair; None without any."""
        table = self.table
        if self.draws is None or "fluctuation" not in self.wiring.errors or not table.read_sd.any():
            return None
        with torch.no_grad():
            how = slicing(self.wiring, float(self.written_limit))
            states = split(levels(b, self.written_limit, self.wiring), how)
            squares = table.read(table.read_sd, states).square().sum(0)
            factors = torch.as_tensor(how.factors).to(b)[:, None, None, None, None]
            return squares * (factors * self.scale) ** 2

    def _folded(self, a: Tensor, b: Tensor) -> Tensor:
        """Product with slices and tiles folded: without an ADC, or with all its roundings as one."""
        seen, held = self._drive(a), self.write(b)
        made, variance, bits = seen @ held.sum(0), self._read_variance(b), self.wiring.adc_bits
        if variance is not None:
            spread = (seen.detach().square() @ variance.sum(0)).clamp_min(0.0).sqrt()
            made = made + spread * self._normal(spread, 1)
        if bits is None:
            return made
        n_tiles = len(spans(a.shape[-1], self.wiring.plan.rows))
        return round_once(made, common_step(self.column_limit.expand(n_tiles, 1, -1).transpose(1, 2), bits))

    def _normal(self, like: Tensor, place: int) -> Tensor:
        """Deviates like (n_samples, ...) or (n_slices, n_samples, ...); samples lead where the draws are made."""
        assert self.draws is not None
        axis = like.ndim - 4
        return self.draws.normal(like.movedim(axis, 0).shape, place).to(like).movedim(0, axis)

    def _drive(self, a: Tensor) -> Tensor:
        bits = self.wiring.input_bits
        if not bool(self.calibrated):
            raise ConversionError(f"product {self.label}: ranges are not calibrated; call calibrate first")
        return drive(a, self.input_limit, bits, bool(self.input_low < 0.0), self.wiring.curve)
