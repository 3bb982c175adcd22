"""What a study tells of the arrays of each layer, from what programming one virtual chip reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spikecim.analog.deploy import matrices
from spikecim.analog.layers import AnalogLayer
from spikecim.analog.walk import analog_layers
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.models.extras import needs
from spikecim.results.mitigation import LayerRow

with needs("torch", "a mitigation study of a torch network"):
    from torch import nn


def array_rows(analog: nn.Module, reports: Mapping[str, Mapping[str, Any]], plan: ArrayPlan) -> tuple[LayerRow, ...]:
    """One row for each layer; `reports` are those of `deploy`, by matrix."""
    return tuple(_row(label, layer, reports, plan) for label, layer in analog_layers(analog).items())


def _row(label: str, layer: AnalogLayer, reports: Mapping[str, Mapping[str, Any]], plan: ArrayPlan) -> LayerRow:
    found = matrices(layer)
    told = [reports[name] for name in found]
    sizes = np.array([matrix.size for matrix in found.values()], np.float64)
    tiles = sum(int(report["n_arrays"]) for report in told)
    # Zeros outside the diagonal blocks of packed groups hold no weight.
    weights = 2 * layer.wiring.n_slices * layer.weight.numel()
    return LayerRow(
        name=label,
        kind=type(layer).__name__.removeprefix("Analog"),
        tiles=tiles,
        utilisation=100.0 * weights / (tiles * plan.rows * plan.columns),
        worst_drop=100.0 * max(float(report["worst_drop"]) for report in told),
        residual=100.0 * float(np.sqrt(np.average([report["residual"] ** 2 for report in told], weights=sizes))),
        lost_range=100.0 * float(np.average([report["lost_range"] for report in told], weights=sizes)),
    )
