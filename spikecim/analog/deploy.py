"""One virtual chip: every matrix of a converted network programmed by `program_matrix`, effective weights loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.analog.layers import AnalogLayer, Held
from spikecim.analog.reads import ReadNoise
from spikecim.analog.walk import analog_layers, analog_products
from spikecim.arrays.analog.corrector import Corrector
from spikecim.arrays.analog.programming import ProgrammedMatrix, program_matrix
from spikecim.arrays.analog.stuck import StuckMap, draw_stuck
from spikecim.arrays.analog.tiling import block_diagonal
from spikecim.errors import DataError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import nn

FloatArray = NDArray[np.float64]
# What a design without any cell of its own still has: the levels of weights and converters.
DESIGN = frozenset({"quantisation"})


def chip_name(seed: int, chip_index: int) -> str:
    """What a virtual chip is called, in stuck maps too."""
    return f"chip {chip_index} of seed {seed}"


def deploy(
    analog: nn.Module,
    seed: int,
    chip_index: int,
    *,
    correction: Corrector | None = None,
    stuck_maps: Mapping[str, StuckMap] | None = None,
) -> dict[str, dict[str, Any]]:
    """Program virtual chip `chip_index` of `seed` with the weights that `analog` has now.

    Afterwards `analog` computes what this chip computes; read noise begins anew at its first sample.

    Parameters
    ----------
    analog : nn.Module
        From `convert`, calibrated.
    correction : Corrector, optional
        Applied to every matrix before it is programmed.
    stuck_maps : mapping of str to StuckMap, optional
        Measured maps by matrix (`matrices` lists the names); the class "stuck" must be on. Others are drawn.

    Returns
    -------
    dict of dict
        By matrix: what `program_matrix` reports.

    Raises
    ------
    ConversionError
        If nothing of `analog` is on arrays.
    DataError
        If a map is of another chip, or of a matrix that is not there.
    """
    reports: dict[str, dict[str, Any]] = {}
    maps = dict(stuck_maps or {})
    for label, layer in analog_layers(analog).items():
        made = []
        for name, matrix in matrices(layer).items():
            found = maps.pop(name, None)
            chip = chip_name(seed, chip_index)
            shape = (2, layer.wiring.n_slices, *matrix.shape)
            programmed = program_matrix(
                matrix,
                layer.wiring.plan,
                layer.wiring.errors,
                seed,
                "chip",
                chip_index,
                name,
                correction=correction,
                stuck_map=None if found is None else _known(found, chip, name, (shape, correction is not None)),
                used=_ever_read(layer, matrix),
            )
            reports[name] = programmed.report
            made.append(programmed)
        _load(layer, made)
        layer.reads = ReadNoise(seed, "chip", chip_index, label)
    for product in analog_products(analog).values():
        product.deploy(seed, chip_index)
    if maps:
        raise DataError(f"stuck map of {next(iter(maps))!r}: no such matrix; there are: {', '.join(reports)}")
    return reports


def design(analog: nn.Module) -> None:
    """Load what a chip without device errors would hold: the weights on their levels, if quantisation is on."""
    for layer in analog_layers(analog).values():
        errors = layer.wiring.errors & DESIGN
        _load(layer, [program_matrix(matrix, layer.wiring.plan, errors, 0) for matrix in matrices(layer).values()])
        layer.reads = None
    for product in analog_products(analog).values():
        product.design()


def stuck_maps_of(analog: nn.Module, seed: int, chip_index: int) -> dict[str, StuckMap]:
    """The stuck maps that virtual chip `chip_index` has, by matrix: what a test of the chip would read out."""
    maps = {}
    for layer in analog_layers(analog).values():
        shares = layer.wiring.plan.device.stuck_shares
        for name, matrix in matrices(layer).items():
            shape = (2, layer.wiring.n_slices, *matrix.shape)
            cells = draw_stuck(shape, shares, seed, "chip", chip_index, name)
            maps[name] = StuckMap(cells=cells, chip=chip_name(seed, chip_index), layer=name)
    return maps


def matrices(layer: AnalogLayer) -> dict[str, FloatArray]:
    """What is programmed for `layer`, by name: (n_in, n_out); groups that share an array lie on its diagonal."""
    weight = layer.matrix().detach().cpu().double().numpy()
    groups = weight.reshape(layer.groups, -1, weight.shape[1]).swapaxes(1, 2)
    label, pack = layer.wiring.label, layer.wiring.pack
    if layer.groups == 1:
        return {label: groups[0]}
    packs = range(0, layer.groups, pack)
    return {f"{label}#{start // pack}": np.asarray(block_diagonal(groups[start : start + pack])) for start in packs}


def unpacked(values: NDArray[Any], pack: int) -> NDArray[Any]:
    """Diagonal blocks of `values` (..., pack n_in, pack n_out) as a layer has them, (..., pack n_out, n_in)."""
    *lead, rows, columns = values.shape
    blocks = values.reshape(*lead, pack, rows // pack, pack, columns // pack)
    own = np.stack([blocks[..., k, :, k, :] for k in range(pack)], -3)
    return np.ascontiguousarray(own.swapaxes(-1, -2).reshape(*lead, columns, rows // pack))


def _ever_read(layer: AnalogLayer, matrix: FloatArray) -> NDArray[np.bool_] | None:
    """Cells of `matrix` that are driven and sensed together: of groups that share an array, only the diagonal."""
    pack = layer.wiring.pack
    if pack == 1:
        return None
    rows, columns = matrix.shape
    return np.asarray(block_diagonal(np.ones((pack, rows // pack, columns // pack))) > 0.0)


def _known(found: StuckMap, chip: str, name: str, place: tuple[tuple[int, int, int, int], bool]) -> NDArray[np.int8]:
    """The cells of a map; spare columns beyond the matrix are a correction's business, and left out without one."""
    shape, corrected = place
    spares = max(0, found.cells.shape[3] - shape[3])
    cells = found.for_chip(chip, name, (*shape[:3], shape[3] + spares))
    return cells if corrected else cells[..., : shape[3]]


def _load(layer: AnalogLayer, made: list[ProgrammedMatrix]) -> None:
    pack = layer.wiring.pack
    slices = _joined([part.slices for part in made], pack, layer)
    read = [part.read_sd for part in made]
    noisy = any(part is not None for part in read)
    variance = None
    if noisy:
        squares = [
            np.zeros_like(part.slices) if sd is None else np.square(sd) for part, sd in zip(made, read, strict=True)
        ]
        variance = _joined(squares, pack, layer)
    layer.held = Held(slices=slices, read_variance=variance)


def _joined(parts: list[NDArray[np.float32]], pack: int, layer: AnalogLayer) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([unpacked(part, pack) for part in parts], 1)).to(layer.weight)
