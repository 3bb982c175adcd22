"""From networks and finished trainings to the shapes and writes that the energy of training is counted from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from spikecim.energy.training_design import TrainingDesign
from spikecim.energy.training_events import TrainingEvents, Writes, count_events
from spikecim.energy.training_shapes import LayerShape
from spikecim.energy.training_table import TrainingTable
from spikecim.errors import ParameterError
from spikecim.insitu.deep_shapes import KERNEL, DeepLayer, vgg8
from spikecim.results.insitu_run import LayerCounts, TrainingRun

if TYPE_CHECKING:
    from spikecim.devices.pulsed.spec import PulsedSpec
    from spikecim.results.insitu_table import CellResult


def deep_shapes(layers: Sequence[DeepLayer]) -> tuple[LayerShape, ...]:
    """The layers of a deep network; convolutions keep the side of their map."""
    return tuple(
        LayerShape(
            name=layer.name,
            n_in=layer.n_in,
            n_out=layer.n_out,
            positions=layer.positions,
            inputs=layer.positions * layer.c_in,
        )
        for layer in layers
    )


def vgg8_shapes(width: float = 1.0) -> tuple[LayerShape, ...]:
    """VGG-8 on 32 x 32 x 3 images, with `width` times the channels: 3.688 G operations a trained image at 1."""
    return deep_shapes(vgg8(width))


def dense_shapes(sizes: Sequence[int]) -> tuple[LayerShape, ...]:
    """A perceptron of `sizes`: (400, 100, 10) is two layers."""
    return tuple(
        LayerShape(name=f"layer{k}", n_in=a, n_out=b, positions=1, inputs=a) for k, (a, b) in enumerate(pairwise(sizes))
    )


def run_shapes(run: TrainingRun) -> tuple[LayerShape, ...]:
    """Shapes of a finished training, positions from its counted multiply-accumulates.

    A matrix that is applied at several positions is taken for a 3 x 3 convolution that keeps its map's side.

    Raises
    ------
    ParameterError
        If a count of multiply-accumulates is no whole number of positions for each image.
    """
    _trained(run)
    return tuple(_shape(layer, run.samples) for layer in run.layers)


def _shape(layer: LayerCounts, samples: int) -> LayerShape:
    each = layer.n_in * layer.n_out * samples
    positions, rest = divmod(layer.macs_forward, each)
    # A training that did not count them is one of dense layers.
    positions = 1 if layer.macs_forward == 0 else positions
    if rest or positions < 1 or (positions > 1 and layer.n_in % KERNEL**2):
        raise ParameterError(
            f"{layer.name}: {layer.macs_forward:,} multiply-accumulates are no whole number of positions of a "
            f"{layer.n_in} x {layer.n_out} matrix in {samples:,} images"
        )
    inputs = layer.n_in if positions == 1 else positions * layer.n_in // KERNEL**2
    return LayerShape(name=layer.name, n_in=layer.n_in, n_out=layer.n_out, positions=positions, inputs=inputs)


def run_writes(run: TrainingRun, design: TrainingDesign) -> Writes:
    """Pulses, row phases and velocity bits that a training counted, for one trained image.

    A training counts rows of the whole matrix; here a row is driven in each of the arrays of `design` that its columns
    need, both cells of a pair side by side. That is the most it can be: an array without a pulse is not left out.
    """
    _trained(run)
    counted = {
        "pulses": [layer.pulses_up + layer.pulses_down for layer in run.layers],
        "row_phases": [layer.row_phases * design.column_tiles(layer.n_out) for layer in run.layers],
        "velocity_bits": [layer.velocity_bits_moved for layer in run.layers],
    }
    told = f"counted in a training of {run.samples:,} images, {run.steps:,} updates"
    return Writes(source=told, **{name: np.array(each, float) / run.samples for name, each in counted.items()})


def run_design(run: TrainingRun, base: TrainingDesign) -> TrainingDesign:
    """`base` with the batch, the cells of a weight and the momentum of a finished training."""
    _trained(run)
    cells = {layer.cells / (layer.n_in * layer.n_out) for layer in run.layers}
    if not cells <= {1.0, 2.0} or len(cells) != 1:
        raise ParameterError(f"energy of training: {sorted(cells)} cells a weight; 1 or 2 in all layers are accounted")
    return replace(
        base,
        batch=max(1, round(run.samples / run.steps)),
        cells_per_weight=int(cells.pop()),
        momentum=any(layer.velocity_bits_moved for layer in run.layers),
    )


def run_events(run: TrainingRun, base: TrainingDesign | None = None) -> TrainingEvents:
    """Everything that one trained image of a finished training made happen.

    Parameters
    ----------
    base : TrainingDesign, optional
        Words, sites and arrays; batch, cells and momentum come from the training.
    """
    design = run_design(run, base or TrainingDesign())
    return count_events(run_shapes(run), design, run_writes(run, design))


def study_writes(cell: CellResult, layers: Sequence[LayerShape], design: TrainingDesign) -> Writes:
    """Writes of one device and rule of a study, means over its seeds, for one trained image; rows as of `run_writes`.

    Raises
    ------
    ParameterError
        If no training of it ended well.
    """
    if not cell.arrays:
        raise ParameterError(f"{cell.device}, {cell.rule}: no training ended well, so no write was counted")
    # Pulses are told for the whole training and for each update; without any there is no row phase to share out.
    steps = max((row.pulses / row.pulses_per_step for row in cell.arrays if row.pulses_per_step > 0), default=1.0)
    batch, pairs = design.batch, tuple(zip(cell.arrays, layers, strict=True))
    counts = {
        "pulses": [row.pulses_per_step * row.cells / batch for row in cell.arrays],
        "row_phases": [row.row_phases * design.column_tiles(shape.n_out) / (steps * batch) for row, shape in pairs],
        "velocity_bits": [row.velocity_bits * shape.weights / batch for row, shape in pairs],
    }
    return Writes(
        source=f"counted: {cell.device}, {cell.rule}, {len(cell.seeds)} seeds",
        **{name: np.array(each, float) for name, each in counts.items()},
    )


def with_device(table: TrainingTable, spec: PulsedSpec) -> TrainingTable:
    """`table` with the programming pulse of a device: V^2 t G, mean of both directions and of the window's ends.

    The range goes from the cheaper pulse at the lowest conductance to the dearer one at the highest.
    """
    both = (spec.potentiation, spec.depression)
    each = [float(one.voltage.value) ** 2 * float(one.width.value) for one in both]
    low, high = spec.window
    middle = 0.5 * (low + high) * sum(each) / 2
    pulse = replace(
        table.training.write_pulse,
        value=middle,
        range=(min(each) * low, max(each) * high),
        status="derived",
        source=f"V^2 t G of {spec.title}, mean of both directions and of both ends of its window",
    )
    numbers = table.training.model_copy(update={"write_pulse": pulse})
    return table.model_copy(update={"training": numbers})


def _trained(run: TrainingRun) -> None:
    if not (run.samples > 0 and run.steps > 0 and run.layers):
        raise ParameterError("energy of training: this training has no update to count; train it for a step at least")
