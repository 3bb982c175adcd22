"""From a weight matrix to what its arrays compute: slices, targets, correction, programming, wires, gain trim.

w = sum_k F_k (T+_k - T-_k) / (g_max - g_min), T the conductance that the sense end sees, F_k the slice factor. The gain
trim divides by the slope of a straight line through (wanted, seen): it knows one number per array, no cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.analog.classes import check_effects, error_classes
from spikecim.arrays.analog.corrector import Corrected, CorrectionContext, Corrector
from spikecim.arrays.analog.fluctuation import pair_read_sd, programmed
from spikecim.arrays.analog.placement import placed
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.slices import Slicing, continuous, sliced
from spikecim.arrays.analog.stuck import draw_stuck
from spikecim.arrays.analog.tiling import spans, tiles
from spikecim.arrays.analog.trim import trim_gains
from spikecim.arrays.analog.wires import through_wires, worst_drop
from spikecim.errors import ParameterError, ShapeError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ProgrammedMatrix:
    """What the arrays of one matrix compute.

    Attributes
    ----------
    slices : float32 (n_slices, n_in, n_out)
        Effective weights of each slice, slice factor and gain included, in the unit of the weights; their sum is the
        effective matrix.
    row_tiles : tuple of slice
        Rows of each physical array: one ADC conversion each.
    read_sd : float32 (n_slices, n_in, n_out) or None
        Standard deviation of one read of each weight, same unit.
    report : dict
        residual (rms error of the effective weights over their rms), gain (median) and gain_range, lost_range (share of
        weights beyond the limit, clipped), n_stuck, n_arrays, worst_drop, and what a correction says.
    """

    slices: NDArray[np.float32]
    row_tiles: tuple[slice, ...]
    read_sd: NDArray[np.float32] | None
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def weights(self) -> NDArray[np.float32]:
        """Effective matrix (n_in, n_out)."""
        return np.asarray(self.slices.sum(0, dtype=np.float64), np.float32)


def program_matrix(
    weights: ArrayLike,
    plan: ArrayPlan,
    errors: frozenset[str],
    seed: int,
    *path: str | int,
    correction: Corrector | None = None,
    stuck_map: NDArray[np.int8] | None = None,
    used: NDArray[np.bool_] | None = None,
) -> ProgrammedMatrix:
    """Put `weights` (n_in, n_out) on the arrays of one virtual chip.

    Parameters
    ----------
    errors : frozenset of str
        Classes that are on (`classes.CLASSES`); each must have an effect on this plan.
    seed, path
        Name of the chip and of the matrix on it: all draws follow from them.
    correction : Corrector, optional
        Correction before programming.
    stuck_map : int8 (2, n_slices, n_in, n_columns), optional
        Measured map of this chip (`StuckMap.for_chip`) in place of a drawn one.
    used : bool (n_in, n_out), optional
        Weights that are ever read, for corrections and the residual; without it all are.

    Raises
    ------
    ParameterError
        For an unknown class, one without effect, weights that are not finite, or a map while "stuck" is off.
    ShapeError
        If weights, map or `used` have the wrong shape.
    """
    on = error_classes(errors)
    wanted = _checked(weights)
    check_effects(plan, on, mapped=stuck_map is not None)
    if stuck_map is not None and "stuck" not in on:
        raise ParameterError("a stuck map is given but the class 'stuck' is off: leave one of them out")
    if used is not None and used.shape != wanted.shape:
        raise ShapeError(f"used has shape {used.shape}; the weights have {wanted.shape}")
    slicing = slicing_of(wanted, plan, on)
    targets = target_conductances(wanted, slicing, plan)
    n_out = wanted.shape[1]
    corrected, context = _corrected(targets, (plan, on, slicing, correction), (seed, n_out, path), (stuck_map, used))
    cells = programmed(corrected.targets, plan, context.stuck, (seed, n_out, path), fluctuation="fluctuation" in on)
    seen = through_wires(cells, context.tiles, plan.wires) if "wires" in on else cells
    noise = pair_read_sd(cells, seen, plan) if "fluctuation" in on else None
    return _assembled(wanted, (cells, seen, noise), corrected, context)


def slicing_of(weights: FloatArray, plan: ArrayPlan, errors: frozenset[str]) -> Slicing:
    """How |weights| lie over cells: sliced, or continuous while "quantisation" is off."""
    largest = float(np.abs(weights).max(initial=0.0))
    # A matrix of zeros computes nothing whatever its cells do: its digital scale is next to 0.
    limit = plan.weight_limit or largest or 1e-30
    if "quantisation" in errors:
        return sliced(limit, plan.weight_bits, plan.bits_per_cell)
    return continuous(limit)


def target_conductances(weights: FloatArray, slicing: Slicing, plan: ArrayPlan) -> FloatArray:
    """Target conductance (2, n_slices, n_in, n_out) in S: [0] holds positive weights, [1] negative ones."""
    device = plan.device
    limit = float(slicing.factors.sum())
    magnitude = np.stack([np.maximum(weights, 0.0), np.maximum(-weights, 0.0)])
    states = slicing.split(np.minimum(magnitude, limit)).swapaxes(0, 1)
    return np.asarray(device.g_min + states * (device.g_max - device.g_min))


def _checked(weights: ArrayLike) -> FloatArray:
    wanted = np.asarray(weights, np.float64)
    if wanted.ndim != 2 or 0 in wanted.shape:
        raise ShapeError(f"weights must be a matrix (n_in, n_out), got shape {wanted.shape}")
    if not np.isfinite(wanted).all():
        raise ParameterError(f"{int((~np.isfinite(wanted)).sum())} weights are not finite numbers")
    return wanted


def _corrected(
    targets: FloatArray,
    setting: tuple[ArrayPlan, frozenset[str], Slicing, Corrector | None],
    name: tuple[int, int, tuple[str | int, ...]],
    known: tuple[NDArray[np.int8] | None, NDArray[np.bool_] | None],
) -> tuple[Corrected, CorrectionContext]:
    """Targets in physical order, and what they were made from."""
    plan, errors, slicing, correction = setting
    (seed, n_out, path), (stuck_map, used) = name, known
    spare = 0 if correction is None else correction.spare_columns(n_out, plan)
    physical = np.pad(targets, [(0, 0)] * 3 + [(0, spare)], constant_values=plan.device.g_min)
    stuck = None
    if "stuck" in errors:
        stuck = stuck_map
        if stuck is None:
            stuck = draw_stuck(physical.shape, plan.device.stuck_shares, seed, *path, n_out=n_out)
        elif stuck.shape != physical.shape:
            raise ShapeError(f"stuck map has shape {stuck.shape}; the cells of this matrix have {physical.shape}")
    cut = tiles(physical.shape[2], physical.shape[3], plan.rows, plan.columns)
    context = CorrectionContext(
        plan=plan, errors=errors, slicing=slicing, tiles=cut, n_out=n_out, stuck=stuck, used=used
    )
    if correction is None:
        return Corrected(targets=physical), context
    return correction(physical, context), context


def _assembled(
    wanted: FloatArray,
    found: tuple[FloatArray, FloatArray, FloatArray | None],
    corrected: Corrected,
    context: CorrectionContext,
) -> ProgrammedMatrix:
    """Effective weights in logical order, trimmed, with the report."""
    cells, seen, noise = found
    plan, slicing = context.plan, context.slicing
    row_tiles = spans(wanted.shape[0], plan.rows)
    placement = placed(corrected, context.n_out, row_tiles)
    unit = slicing.factors[:, None, None] / (plan.device.g_max - plan.device.g_min)
    effective = unit * (seen[0] - seen[1]) * placement.sign
    gains = trim_gains(effective, placement.physical(_ideal(wanted, slicing)), context.tiles, plan.trim)
    slices = placement.logical(effective * gains)
    read_sd = None if noise is None else placement.logical(unit * noise * gains).astype(np.float32)
    report = {
        "residual": _residual(slices.sum(0), wanted, context.used),
        "gain": float(np.median(gains)),
        "gain_range": [float(gains.min()), float(gains.max())],
        "lost_range": float((np.abs(wanted) > slicing.factors.sum() * (1.0 + 1e-9)).mean()),
        "n_stuck": 0 if context.stuck is None else int(np.count_nonzero(context.stuck)),
        "n_arrays": 2 * slicing.n_slices * len(context.tiles),
        "worst_drop": worst_drop(cells, seen) if "wires" in context.errors else 0.0,
        **corrected.report,
    }
    return ProgrammedMatrix(slices=slices.astype(np.float32), row_tiles=row_tiles, read_sd=read_sd, report=report)


def _ideal(wanted: FloatArray, slicing: Slicing) -> FloatArray:
    """What each slice should compute (n_slices, n_in, n_out)."""
    magnitude = np.minimum(np.abs(wanted), slicing.factors.sum())
    return np.asarray(slicing.factors[:, None, None] * np.sign(wanted) * slicing.split(magnitude))


def _residual(found: FloatArray, wanted: FloatArray, used: NDArray[np.bool_] | None) -> float:
    error = found - wanted if used is None else (found - wanted) * used
    size = float(np.sqrt((wanted**2).mean()))
    return float(np.sqrt((error**2).mean())) / size if size else 0.0
