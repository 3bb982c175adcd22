"""Corrections of one matrix before programming, in the order that each can build on the one before it.

Lines are placed around stuck cells first, then free cells make up for stuck ones, then the map is bent against the
wires, stuck cells held. Implements `arrays.analog.corrector.Corrector`; effective weights come back in their own order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spikecim.arrays.analog.corrector import Corrected, CorrectionContext
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.errors import ParameterError
from spikecim.mitigation import fixed_point, stuck
from spikecim.mitigation.digit_cells import choose_digits
from spikecim.mitigation.map_correction import correct_pairs
from spikecim.mitigation.pair_cells import choose_pairs
from spikecim.mitigation.place import FloatArray, Window
from spikecim.mitigation.remap import remap
from spikecim.mitigation.remapping import Remapping, WeightMap
from spikecim.mitigation.stuck import Defects
from spikecim.mitigation.tile_stack import TileStack, stacks

# Which gain the circuit after the array can trim, by the plan's word for it.
GAIN_OF_TRIM = {"array": "array", "matrix": "common", "none": "unit"}


@dataclass(frozen=True, kw_only=True)
class Correction:
    """Which corrections to make.

    Attributes
    ----------
    wires : bool
        Weight-map correction for wire drop.
    steps : int
        Its fixed-point steps, at most.
    tolerance : float
        Relative rms error of the weights that is good enough.
    lost_share : float
        Share of cells it may cut at the top of the window for a larger gain.
    remap : bool
        Place rows (inside their arrays) and columns around stuck cells.
    polarity : bool
        Swap the two columns of an output where that helps, array by array.
    cell_choice : bool
        Free cells make up for stuck ones.
    spares : int
        Spare columns for each array of `plan.columns`; used by `remap`.
    """

    wires: bool = False
    steps: int = 3
    tolerance: float = 1e-4
    lost_share: float = 0.0
    remap: bool = False
    polarity: bool = False
    cell_choice: bool = False
    spares: int = 0

    def __post_init__(self) -> None:
        if self.spares < 0 or (self.spares and not self.remap):
            raise ParameterError(f"correction: spares must be 0 or more and needs remap, got {self.spares}")
        if not 0 <= self.steps <= 100:
            raise ParameterError(f"correction: steps must be 0 .. 100, got {self.steps}")
        for name in ("lost_share", "tolerance"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ParameterError(f"correction: {name} must be from 0 to below 1, got {getattr(self, name):g}")

    @property
    def needs(self) -> str:
        """What must be known about the chip."""
        parts = [fixed_point.NEEDS] * self.wires + [stuck.NEEDS] * self.knows_stuck
        return "; ".join(parts) or "nothing"

    @property
    def knows_stuck(self) -> bool:
        """Whether a map of the stuck cells is used."""
        return self.remap or self.polarity or self.cell_choice

    def spare_columns(self, n_out: int, plan: ArrayPlan) -> int:
        """Spare columns of a matrix with `n_out` outputs."""
        return self.spares * -(-n_out // plan.columns)

    def __call__(self, targets: FloatArray, context: CorrectionContext) -> Corrected:
        """Corrected targets (2, n_slices, n_in, n_columns), S, in physical order.

        Raises
        ------
        ParameterError
            If the wires are to be corrected with cells that hold two states only.
        """
        device = context.plan.device
        window = Window(g_min=device.g_min, g_max=device.g_max)
        defects = None
        if self.knows_stuck and context.stuck is not None and context.stuck.any():
            low, high = device.rails
            defects = Defects(stuck=context.stuck, lrs=high, hrs=low, window=window)
        report: dict[str, Any] = {"needs": self.needs}
        found, placement = np.array(targets), None
        if defects is not None and (self.remap or self.polarity):
            found, placement = self._place(targets, defects, context, report)
        if defects is not None and self.cell_choice:
            found = _chosen(found, defects, context, report)
        if self.wires and "wires" in context.errors:
            found = self._against_wires(found, defects, context, report)
        return _corrected(found, placement, report)

    def _place(
        self, targets: FloatArray, defects: Defects, context: CorrectionContext, report: dict[str, Any]
    ) -> tuple[FloatArray, Remapping]:
        rows = sorted({(tile.rows.start, tile.rows.stop) for tile in context.tiles})
        weight_map = WeightMap(
            targets=targets[..., : context.n_out],
            factors=context.slicing.factors / context.slicing.factors.max(),
            row_tiles=tuple(slice(*ends) for ends in rows),
            used=context.used,
        )
        placement = remap(
            weight_map,
            defects,
            rows=self.remap,
            columns=self.remap,
            polarity="array" if self.polarity else "none",
            compensate=self.cell_choice,
        )
        report["stuck_cost_before"], report["stuck_cost"] = placement.cost_before, placement.cost
        report["lines_moved"], report["columns_flipped"] = placement.moved, int((placement.signs < 0).sum())
        return placement.to_chip(weight_map.targets, context.plan.device.g_min), placement

    def _against_wires(
        self, targets: FloatArray, defects: Defects | None, context: CorrectionContext, report: dict[str, Any]
    ) -> FloatArray:
        plan = context.plan
        if _two_states(context):
            raise ParameterError(
                f"correction: device {plan.device.name} holds two states, so its map cannot be bent against the wires; "
                "switch 'wires' off in the correction, or take a device with more levels"
            )
        held = None if defects is None else defects.held()
        found, parts = targets.copy(), []
        for stack in stacks(context.tiles, plan.wires, together=plan.trim == "matrix"):
            parts.append(self._stack_corrected(stack, found, held, plan))
        cells = np.array([part.pop("cells") for part in parts])
        report["wire_residual_before"], report["wire_residual"] = (
            float(np.sqrt(np.average([part[name] ** 2 for part in parts], weights=cells)))
            for name in ("residual_before", "residual")
        )
        report["lost_range"] = float(np.average([part["lost_range"] for part in parts], weights=cells))
        report["map_gain"] = float(min(part["gain_lowest"] for part in parts))
        report["steps"] = int(max(part["steps"] for part in parts))
        return found

    def _stack_corrected(
        self, stack: TileStack, found: FloatArray, held: FloatArray | None, plan: ArrayPlan
    ) -> dict[str, float]:
        """Correct one stack in place in `found`; return its report."""
        device = plan.device
        # Cells that fill up a smaller tile are open: they are held at 0 S.
        fixed = stack.gather(np.full_like(found, np.nan) if held is None else held, 0.0)
        before = stack.gather(found, device.g_min)
        result = correct_pairs(
            np.where(np.isnan(fixed), before, fixed),
            plan.wires,
            Window(g_min=device.g_min, g_max=device.g_max),
            self.steps,
            gain=GAIN_OF_TRIM[plan.trim],
            lost_share=self.lost_share,
            tolerance=self.tolerance,
            held=None if np.isnan(fixed).all() else fixed,
        )
        # A stuck cell keeps the target it cannot follow: no target may lie outside the window.
        stack.scatter(np.where(np.isnan(fixed), result.conductance, before), found)
        return {**result.report(), "cells": float(result.conductance.size)}


def _two_states(context: CorrectionContext) -> bool:
    return context.plan.device.levels == 2 and bool(context.slicing.digit_bits)


def _chosen(targets: FloatArray, defects: Defects, context: CorrectionContext, report: dict[str, Any]) -> FloatArray:
    factors = np.asarray(context.slicing.factors, np.float64)
    if _two_states(context):
        found = choose_digits(targets, defects, factors, 1)
    else:
        found = choose_pairs(targets, defects, factors)
    report["cells_changed"] = int((found != targets).sum())
    return found


def _corrected(targets: FloatArray, placement: Remapping | None, report: dict[str, Any]) -> Corrected:
    if placement is None:
        return Corrected(targets=targets, report=report)
    n_columns = targets.shape[3]
    n_tiles, n_slices, _ = placement.signs.shape
    column_order, sign = np.full(n_columns, -1), np.ones((n_slices, n_tiles, n_columns))
    column_order[placement.column_order] = np.arange(len(placement.column_order))
    sign[:, :, placement.column_order] = placement.signs.transpose(1, 0, 2)
    return Corrected(
        targets=targets,
        row_order=np.argsort(placement.row_order),
        column_order=column_order,
        column_sign=sign,
        report=report,
    )
