"""What one trained image makes happen, counted from shapes, design and writes: no energy in here.

Forward reads a matrix of (n_in, n_out) by rows at every position; the error pass reads the same cells the other way
round (transposable arrays); the weight gradient is the product of activations and errors, done beside the arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.training_design import TrainingDesign
from spikecim.energy.training_shapes import LayerShape, checked_shapes
from spikecim.errors import ParameterError

Counts = NDArray[np.float64]
PHASES = ("forward", "error", "weight_gradient", "weight_update", "momentum")


@dataclass(frozen=True, kw_only=True)
class Writes:
    """What updates do to the cells, for one trained image; float64 (n_layers,) each.

    Attributes
    ----------
    pulses : float64 (n_layers,)
        Programming pulses of all cells.
    row_phases : float64 (n_layers,)
        Rows of single arrays that are selected for programming, counted for each sign: a matrix row that spans
        two arrays is two of them.
    source : str
        Where they come from: counted in a training, or assumed.
    velocity_bits : float64 (n_layers,) or None
        Velocity read and written, where a training counted it; None takes the design's.
    """

    pulses: Counts
    row_phases: Counts
    source: str
    velocity_bits: Counts | None = None

    def checked(self, n_layers: int) -> Writes:
        """Itself.

        Raises
        ------
        ParameterError
            If a count is negative, not finite, or not one for each layer.
        """
        for name in ("pulses", "row_phases", "velocity_bits"):
            counts = getattr(self, name)
            if counts is None:
                continue
            if np.shape(counts) != (n_layers,):
                raise ParameterError(
                    f"energy of training: {name} has shape {np.shape(counts)}, expected one for each of "
                    f"{n_layers} layers"
                )
            if not (np.isfinite(counts).all() and (np.asarray(counts) >= 0).all()):
                raise ParameterError(f"energy of training: {name} must be finite and not negative")
        return self


@dataclass(frozen=True, kw_only=True)
class TrainingEvents:
    """Counts of one trained image.

    Attributes
    ----------
    layers : tuple of LayerShape
    design : TrainingDesign
    writes : Writes
    counts : mapping of (phase, event) to float64 (n_layers,)
        Phases of `PHASES`; events of `training_terms.EVENTS`. What does not happen is left out.
    """

    layers: tuple[LayerShape, ...]
    design: TrainingDesign
    writes: Writes
    counts: Mapping[tuple[str, str], Counts]

    def total(self, event: str, phase: str | None = None) -> float:
        """How often `event` happens in one image, in one phase or in all."""
        found = (counts for (where, name), counts in self.counts.items() if name == event and phase in (None, where))
        return float(sum(counts.sum() for counts in found))


def assumed_writes(layers: Sequence[LayerShape], design: TrainingDesign, pulses_per_cell: float) -> Writes:
    """Writes where no training counted them: `pulses_per_cell` an update; every row is selected for both signs.

    Raises
    ------
    ParameterError
        If `pulses_per_cell` is negative or not finite.
    """
    if not (np.isfinite(pulses_per_cell) and pulses_per_cell >= 0):
        raise ParameterError(f"pulses per cell and update {pulses_per_cell!r} must be 0 or more")
    weights = _each(layers, lambda layer: layer.weights)
    rows = _each(layers, lambda layer: layer.n_in * design.column_tiles(layer.n_out))
    selected = 2.0 if pulses_per_cell else 0.0
    return Writes(
        pulses=weights * design.cells_per_weight * pulses_per_cell / design.batch,
        row_phases=rows * selected / design.batch,
        source=f"assumed: {pulses_per_cell:g} pulses for each cell and update, every row selected for both signs",
    )


def count_events(layers: Sequence[LayerShape], design: TrainingDesign, writes: Writes) -> TrainingEvents:
    """Count one trained image.

    Raises
    ------
    ParameterError
        If there is no layer, or `writes` do not fit them.
    """
    shapes = checked_shapes(layers)
    writes.checked(len(shapes))
    phases = {
        "forward": _forward(shapes, design),
        "error": _error(shapes, design),
        "weight_gradient": _weight_gradient(shapes, design),
        "weight_update": _weight_update(shapes, design, writes),
        "momentum": _momentum(shapes, design, writes) if design.momentum else {},
    }
    counts = {(phase, event): found for phase, events in phases.items() for event, found in events.items()}
    return TrainingEvents(
        layers=shapes,
        design=design,
        writes=writes,
        counts={key: found for key, found in counts.items() if found.any()},
    )


def _forward(layers: tuple[LayerShape, ...], design: TrainingDesign) -> dict[str, Counts]:
    reads = [_reads((layer.n_in, layer.n_out), layer.positions, _word(layer, design), design) for layer in layers]
    found = {name: np.array([one[name] for one in reads], np.float64) for name in reads[0]}
    moved = _each(layers, lambda layer: layer.inputs * _word(layer, design))
    # The image itself lies in DRAM; every other map is written once and read once.
    stored = moved * np.array([1.0, *[2.0] * (len(layers) - 1)])
    found["buffer_bits"] += moved
    _add(found, f"{design.activation_site}_bits", stored)
    return found


def _error(layers: tuple[LayerShape, ...], design: TrainingDesign) -> dict[str, Counts]:
    """Nothing for the first layer: no one asks for the error of the image."""
    reads = [_reads((layer.n_out, layer.n_in), layer.positions, None, design) for layer in layers]
    found = {name: np.array([0.0, *(one[name] for one in reads[1:])]) for name in reads[0]}
    # Sums of overlapping windows are added up into the map; each value of the map is then masked and rounded.
    found["adds"], found["post_words"] = found["post_words"], _inner(layers)
    # Errors of what a layer took in: written once, read once for the layer below.
    stored = 2.0 * _inner(layers) * design.error_bits
    _add(found, f"{design.activation_site}_bits", stored)
    return found


def _word(layer: LayerShape, design: TrainingDesign) -> int:
    """Bits of a value that the layer takes in."""
    return design.input_bits if layer.input_bits is None else layer.input_bits


def _reads(shape: tuple[int, int], positions: int, word: int | None, design: TrainingDesign) -> dict[str, float]:
    """A matrix of `shape` (inputs, outputs), read at all positions: forwards words of `word` bits, None: errors."""
    (lines, sums), forward = shape, word is not None
    bits, adc = (design.error_bits, design.adc_error) if word is None else (word, design.adc_forward)
    reads = positions * design.cycles(bits)
    along = design.row_tiles(lines) if forward else design.column_tiles(lines)
    across = design.column_tiles(sums) if forward else design.row_tiles(sums)
    # A reference column or row in each array, where weights are single cells.
    converted = reads * along * (sums + (across if design.cells_per_weight == 1 else 0))
    return {
        "cell_reads": float(positions * bits * lines * sums * design.cells_per_weight),
        "row_drives": float(positions * bits * lines * across * (1 if forward else design.cells_per_weight)),
        "converter_bits": float(converted * adc),
        "shift_adds": float(converted),
        "wire_bits": float(positions * (lines * bits + along * sums * design.partial_bits)),
        "buffer_bits": float(positions * lines * bits),
        "post_words": float(positions * sums),
        "busy_positions": float(positions),
    }


def _weight_gradient(layers: tuple[LayerShape, ...], design: TrainingDesign) -> dict[str, Counts]:
    weights = _each(layers, lambda layer: layer.weights)
    operands = _each(
        layers,
        lambda layer: layer.positions * (layer.n_in * _word(layer, design) + layer.n_out * design.error_bits),
    )
    # Activations as they entered the layer, errors as they left the layer above (pooled), the last one's own.
    errors = np.array([*(layer.inputs for layer in layers[1:]), layers[-1].n_out], np.float64)
    stored = _each(layers, lambda layer: layer.inputs * _word(layer, design)) + errors * design.error_bits
    found = {
        "gradient_macs": _each(layers, lambda layer: layer.macs),
        "wire_bits": operands,
        "buffer_bits": operands.copy(),
        "busy_positions": _each(layers, lambda layer: layer.positions),
    }
    _add(found, f"{design.activation_site}_bits", stored)
    there_and_back = 2.0 * weights * design.gradient_bits
    match design.gradient_site:
        case "engine":
            _add(found, "dram_bits", there_and_back / design.batch)
        case site:
            _add(found, f"{site}_bits", there_and_back)
            found["adds"] = weights
    return found


def _weight_update(layers: tuple[LayerShape, ...], design: TrainingDesign, writes: Writes) -> dict[str, Counts]:
    """Scale and round (one multiply, one add), send the change to its cells, pulse them."""
    updates = _each(layers, lambda layer: layer.weights) / design.batch
    found = {"multiplies": updates, "adds": updates, "wire_bits": updates * design.update_bits}
    if design.gradient_site == "buffer":
        found["buffer_bits"] = updates * design.gradient_bits
    return found | {"pulses": np.asarray(writes.pulses, float), "row_phases": np.asarray(writes.row_phases, float)}


def _momentum(layers: tuple[LayerShape, ...], design: TrainingDesign, writes: Writes) -> dict[str, Counts]:
    """v = gamma v + (1 - gamma) g for each weight: two multiplies, one add, the velocity read and written."""
    updates = _each(layers, lambda layer: layer.weights) / design.batch
    moved = 2.0 * updates * design.velocity_bits if writes.velocity_bits is None else writes.velocity_bits
    return {"multiplies": 2.0 * updates, "adds": updates, f"{design.velocity_site}_bits": np.asarray(moved, float)}


def _inner(layers: tuple[LayerShape, ...]) -> Counts:
    """Values of the maps between layers, at the layer that takes them in; 0 for the first."""
    return np.array([0.0, *(layer.inputs for layer in layers[1:])])


def _each(layers: Sequence[LayerShape], count: Callable[[LayerShape], int]) -> Counts:
    return np.array([count(layer) for layer in layers], np.float64)


def _add(found: dict[str, Counts], event: str, counts: Counts) -> None:
    found[event] = found[event] + counts if event in found else counts
