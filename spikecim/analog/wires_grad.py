"""Exact wire drop of a small passive array as a function that PyTorch differentiates: block elimination over rows.

From the open end of the bit lines to the sense end, J = N v - Y b carries the currents J of all columns for word-line
voltages v and node potentials b. A row adds M (v 1 - b), M = (1 + G R)^-1 G with R the word line as a resistance
matrix; a segment r divides by (1 + r Y). `arrays.crossbar.transfer` holds the same law in NumPy.
"""

from __future__ import annotations

from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor

MOST_CELLS = 64 * 64  # the gradient keeps rows * columns^2 numbers of every array


def transfer(conductance: Tensor, wires: Wires) -> Tensor:
    """Currents per volt: currents (n_cols) = voltages (n_rows) @ transfer, differentiable in the conductances.

    Parameters
    ----------
    conductance : Tensor
        (..., n_rows, n_cols) S, float64; 0 is an open cell.
    wires : Wires
        Of kind "passive".

    Raises
    ------
    ParameterError
        If the wires are gated or the array has more than 64 x 64 cells.
    """
    n_rows, n_cols = conductance.shape[-2:]
    if wires.kind != "passive":
        raise ParameterError(f"wires.kind: {wires.kind!r}; exact differentiable wire drop is for passive arrays")
    check_size(n_rows, n_cols)
    cells = conductance / (1.0 + conductance * wires.access)
    line, one = _word_line(n_cols, wires, cells), torch.eye(n_cols, dtype=cells.dtype, device=cells.device)
    order = range(n_rows) if wires.sense_end == "bottom" else range(n_rows - 1, -1, -1)
    admittance = torch.zeros((*cells.shape[:-2], n_cols, n_cols), dtype=cells.dtype, device=cells.device)
    carried: list[Tensor] = []
    for place, row in enumerate(order):
        g = cells[..., row, :]
        matrix = torch.linalg.solve(one + g[..., :, None] * line, torch.diag_embed(g))
        carried.append(matrix.sum(-1))
        last = place == n_rows - 1
        segment = wires.column_segment + (wires.sense if last else 0.0)
        both = torch.cat([admittance + matrix, torch.stack(carried, -1)], -1)
        if segment:
            both = torch.linalg.solve(one + segment * both[..., :n_cols], both)
        admittance, currents = both[..., :n_cols], both[..., n_cols:]
        carried = list(currents.unbind(-1))
    found = torch.stack(carried, -2)
    return found if wires.sense_end == "bottom" else found.flip(-2)


def check_size(n_rows: int, n_cols: int) -> None:
    """Refuse arrays whose gradient would not fit.

    Raises
    ------
    ParameterError
        If there are more than 64 x 64 cells.
    """
    if n_rows * n_cols > MOST_CELLS:
        raise ParameterError(
            f"schedule.wires: 'exact' differentiates arrays of at most {MOST_CELLS} cells, this one has "
            f"{n_rows} x {n_cols}; use 'position' or 'refreshed', or smaller arrays"
        )


def _word_line(n_cols: int, wires: Wires, like: Tensor) -> Tensor:
    """R[j, k]: volts lost at column j per ampere drawn at column k."""
    place = torch.arange(1, n_cols + 1, dtype=like.dtype, device=like.device)
    place = place if wires.drive_end == "left" else place.flip(0)
    return wires.driver + wires.row_segment * torch.minimum(place[:, None], place[None, :])
