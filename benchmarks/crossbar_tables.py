"""Tables of docs/crossbar.md: `python -m benchmarks.crossbar_tables` prints errors of the closed form, and times."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.crossbar_cases import GATED, PASSIVE, VOLTS, binary_cells, spikes
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.position import position_factor
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.wires import Wires

SIZES, VECTORS = (64, 128, 256), 100
CASES = {
    "passive": PASSIVE,
    "passive, driver and sense 100 ohm": Wires(row_segment=1.0, column_segment=1.0, driver=100.0, sense=100.0),
    "gated": GATED,
    "gated, both rails at the top": Wires(kind="gated", source_segment=1.0, column_segment=1.0, sense_end="top"),
}
TIMED = ((64, 1), (64, 100), (128, 1), (128, 100), (256, 1), (256, 100), (512, 1))
# What takes minutes is left out.
METHODS = {"line-cg": 512, "factor": 512, "transfer": 256, "block": 128}


def errors() -> Iterator[str]:
    """Relative error of column currents, mean and largest over vectors and columns."""
    for name, wires in CASES.items():
        gated = wires.kind == "gated"
        cells = []
        for size in SIZES:
            crossbar, on = Crossbar(conductance=binary_cells((size, size)), wires=wires), spikes(VECTORS, size)
            volts = {"read_voltage": VOLTS} if gated else {}
            drive = on if gated else VOLTS * on
            exact = solve(crossbar, drive, **volts).currents
            kept = position_factor(crossbar.conductance, wires, activity=0.5)
            for form in (crossbar.conductance, crossbar.conductance * kept):
                error = np.abs(VOLTS * on @ form / exact - 1.0)
                cells.append(f"{error.mean():.1%} / {error.max():.1%}")
        yield f"| {name} | " + " | ".join(cells) + " |"


def times() -> Iterator[str]:
    """CPU seconds of one call after one other, and the residual."""
    for size, n_vectors in TIMED:
        crossbar = Crossbar(conductance=binary_cells((size, size)), wires=PASSIVE)
        volts, cells = VOLTS * spikes(n_vectors, size), []
        for method, largest in METHODS.items():
            if size > largest:
                cells.append("")
                continue
            if size < 256:
                solve(crossbar, volts, method=method)
            begun = time.process_time()
            found = solve(crossbar, volts, method=method)
            cells.append(f"{time.process_time() - begun:.3g} ({found.residual:.0e})")
        yield f"| {size} x {size}, {n_vectors} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print both."""
    print("| array | " + " | ".join(f"{size}, none | {size}, factor" for size in SIZES) + " |")
    print("\n".join(errors()))
    print("| array, vectors | " + " | ".join(METHODS) + " |")
    for line in times():
        print(line)


if __name__ == "__main__":
    main()
