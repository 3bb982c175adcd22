"""What one training on the chip gives back: its learning curve, its accuracies and what its arrays had to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from spikecim.errors import ResultFileError

_COUNTED = (
    "n_in",
    "n_out",
    "cells",
    "pulses_up",
    "pulses_down",
    "cells_written",
    "largest_writes",
    "row_phases",
    "velocity_bits_moved",
    "clamped",
    "stuck",
    "dead",
    "macs_forward",
    "macs_error",
    "macs_gradient",
)


@dataclass(frozen=True, kw_only=True)
class EpochPoint:
    """One point of a learning curve.

    Attributes
    ----------
    epoch : int
        Epochs done; 1 after the first.
    train, validation : float
        Accuracies as shares, 0 .. 1; NaN where one was not measured.
    loss : float
        Mean training loss of the epoch.
    """

    epoch: int
    train: float
    validation: float
    loss: float

    def __post_init__(self) -> None:
        if self.epoch < 0:
            raise ResultFileError(f"epoch {self.epoch} of a learning curve: allowed 0 or more")
        for name in ("train", "validation"):
            _share(getattr(self, name), f"{name} accuracy of epoch {self.epoch}")


@dataclass(frozen=True, kw_only=True)
class LayerCounts:
    """What the array of one layer did in a whole training; all of it counted, nothing estimated.

    Attributes
    ----------
    name : str
    n_in, n_out : int
        Shape of the weight matrix.
    cells : int
        Devices; twice the weights for a differential pair.
    pulses_up, pulses_down : int
        Programming pulses of all cells together.
    cells_written : int
        Writes: a cell that one update gives at least one pulse counts once for that update. Summed over updates.
    largest_writes : int
        Pulses of the cell that had most of them: what endurance is held against.
    mean_writes : float
        Pulses for each cell, on average.
    row_phases : int
        Row and sign phases of programming (a row that needs both signs takes two).
    velocity_bits_moved : int
        Bits of velocity read and written.
    clamped : int
        Initial weights outside the window.
    stuck, dead : int
        Cells that never moved; cells that wore out.
    macs_forward, macs_error, macs_gradient : int
        Multiply-accumulates of each pass, over the whole training.
    """

    name: str
    n_in: int
    n_out: int
    cells: int
    pulses_up: int
    pulses_down: int
    cells_written: int
    largest_writes: int
    mean_writes: float
    row_phases: int
    velocity_bits_moved: int
    clamped: int = 0
    stuck: int = 0
    dead: int = 0
    macs_forward: int = 0
    macs_error: int = 0
    macs_gradient: int = 0

    def __post_init__(self) -> None:
        for name in _COUNTED:
            if getattr(self, name) < 0:
                raise ResultFileError(f"{self.name}: {name} {getattr(self, name)}: allowed 0 or more")


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """One finished training.

    Attributes
    ----------
    curve : tuple of EpochPoint
        One for each epoch, in order.
    test : float
        Accuracy on the test set as a share; NaN if the test set was not looked at.
    validation : float
        Accuracy on the validation split after the last epoch, as a share.
    layers : tuple of LayerCounts
    steps : int
        Updates of the arrays.
    samples : int
        Training images shown, all epochs together.
    cpu_s : float
        CPU time, s; no part of what must repeat.
    settings : mapping
        Plain data: what it was made from.
    """

    curve: tuple[EpochPoint, ...]
    test: float
    validation: float
    layers: tuple[LayerCounts, ...]
    steps: int
    samples: int
    cpu_s: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _share(self.test, "test accuracy")
        _share(self.validation, "validation accuracy")

    @property
    def cells(self) -> int:
        """Devices of all layers."""
        return sum(layer.cells for layer in self.layers)

    @property
    def pulses(self) -> int:
        """Pulses of all cells, both directions."""
        return sum(layer.pulses_up + layer.pulses_down for layer in self.layers)

    @property
    def largest_writes(self) -> int:
        """Pulses of the cell that had most."""
        return max((layer.largest_writes for layer in self.layers), default=0)


def _share(value: float, what: str) -> None:
    if not (math.isnan(value) or 0.0 <= value <= 1.0):
        raise ResultFileError(f"{what} is {value}; it must be a share, 0 .. 1, or NaN where it was not measured")


def run_json(run: TrainingRun) -> dict[str, Any]:
    """`run` as plain data of strict JSON: what is not finite is null."""
    return {name: _plain(value) for name, value in asdict(run).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def run_from(data: Any, where: str) -> TrainingRun:
    """The run that `run_json` told of.

    Raises
    ------
    ResultFileError
        If it is none.
    """
    try:
        return TrainingRun(
            curve=tuple(EpochPoint(**_numbers(point, EpochPoint)) for point in data["curve"]),
            layers=tuple(LayerCounts(**layer) for layer in data["layers"]),
            settings=dict(data["settings"]),
            **_numbers({name: data[name] for name in ("test", "validation", "steps", "samples", "cpu_s")}, TrainingRun),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ResultFileError(f"{where}: is no training of spikecim's ({error}); start it anew") from None


def _numbers(data: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """`data` with NaN for null where a number stands."""
    floats = {entry.name for entry in fields(kind) if entry.type in ("float", float)}
    return {key: math.nan if value is None and key in floats else value for key, value in data.items()}
