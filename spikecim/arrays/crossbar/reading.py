"""One array read once: its currents with and without wires, and the voltage the wires take from each cell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.solution import Nodes, Solution
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An array, its input vectors and what came out.

    Attributes
    ----------
    crossbar : Crossbar
    inputs : (n_samples, n_rows), volt (passive) or switched on (gated)
    read_voltage : float or None
        Volt of the source rails of a gated array.
    solution : Solution
    nodes : Nodes or None
        Potentials under the first vector, if asked for.
    ideal : float64 (n_samples, n_cols)
        Currents (A) of the same cells and transistors without any wire resistance.
    """

    crossbar: Crossbar
    inputs: NDArray[np.float64]
    read_voltage: float | None
    solution: Solution
    nodes: Nodes | None
    ideal: Floats

    @property
    def loss(self) -> float:
        """Share of the ideal current, summed over vectors and columns by size, that is lost to the wires."""
        whole = float(np.abs(self.ideal).sum())
        return 1.0 - float(np.abs(self.solution.currents).sum()) / whole if whole > 0.0 else 0.0

    @property
    def largest_error(self) -> float:
        """Largest difference of a column from its ideal current, as a share of the largest ideal current."""
        whole = float(np.abs(self.ideal).max(initial=0.0))
        return float(np.abs(self.solution.currents - self.ideal).max(initial=0.0)) / whole if whole > 0.0 else 0.0

    def drop(self) -> Floats:
        """Voltage missing at each cell (n_rows, n_cols) under the first vector, as share of the largest drive voltage.

        Raises
        ------
        ParameterError
            If the array was read without nodes.
        """
        if self.nodes is None:
            raise ParameterError("the drop at each cell needs node potentials; read the array with nodes")
        first = np.asarray(self.inputs[0], np.float64)
        offered = np.full_like(first, self.read_voltage) if self.read_voltage is not None else first
        largest = float(np.abs(offered).max(initial=0.0)) or 1.0
        return np.abs(offered[:, None] - self.nodes.row[0] + self.nodes.column[0]) / largest


def read_array(
    crossbar: Crossbar,
    inputs: NDArray[np.float64],
    read_voltage: float | None,
    *,
    method: str = "auto",
    nodes: bool = False,
) -> Reading:
    """Solve `crossbar` under `inputs` with and without wires; arguments as of `solve`; `nodes` of the first vector."""
    solution = solve(crossbar, inputs, read_voltage=read_voltage, method=method)
    wires = crossbar.wires
    bare = replace(crossbar, wires=Wires(kind=wires.kind, access=wires.access, leak=wires.leak))
    ideal = solve(bare, inputs, read_voltage=read_voltage).currents
    first = solve(crossbar, inputs[:1], read_voltage=read_voltage, nodes=True).nodes if nodes else None
    return Reading(
        crossbar=crossbar, inputs=inputs, read_voltage=read_voltage, solution=solution, nodes=first, ideal=ideal
    )
