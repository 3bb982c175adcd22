"""Tables of docs/correction.md: `python -m benchmarks.correction_tables [wires|stuck|cells]` measures them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.programming import program_matrix
from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.arrays.groups import reference_units
from spikecim.chips.loader import load_chip
from spikecim.devices.library import load_device
from spikecim.devices.oxram import SlcOxram
from spikecim.devices.stuck_cells import draw_stuck
from spikecim.mitigation.chip_cells import CellTask, correct_cells
from spikecim.mitigation.correction import Correction
from spikecim.mitigation.map_correction import correct_map, correct_pairs
from spikecim.mitigation.place import Window

WINDOW = Window(g_min=0.1e-6, g_max=10e-6)
CASES = ((64, 1.0), (64, 5.0), (128, 1.0), (128, 5.0), (256, 1.0), (256, 5.0))
SHARES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
MEANS = {
    "none": None,
    "remap": Correction(remap=True),
    "remap, 4 spares": Correction(remap=True, spares=4),
    "remap, polarity": Correction(remap=True, polarity=True),
    "cells": Correction(cell_choice=True),
    "remap, cells": Correction(remap=True, cell_choice=True),
}
CHIPS = 5


def main(which: list[str]) -> None:
    """Print the tables asked for, all without a name."""
    for name, table in (("wires", wires_table), ("stuck", stuck_table), ("cells", cells_table)):
        if not which or name in which:
            for line in table():
                print(line, flush=True)
            print()


def wires_table() -> Iterator[str]:
    """Uniform weights 0.1-10 uS: loss, error of column currents, after steps; and the same as pairs."""
    yield "| array, ohm | loss % | no fix % | 1 step | 2 | 3 | gain | pairs: no fix | 1 step | 2 | 3 | gain |"
    yield "| --- |" + " --- |" * 11
    for n, ohm in CASES:
        draw, wires = np.random.default_rng((n, int(ohm))), Wires(row_segment=ohm, column_segment=ohm)
        inputs = np.stack([np.ones(n), *(draw.random((2, n)) < 0.3)]).astype(float)
        single = draw.uniform(WINDOW.g_min, WINDOW.g_max, (n, n))
        difference = draw.uniform(-WINDOW.width, WINDOW.width, (n, n))
        pair = WINDOW.g_min + np.stack([np.maximum(difference, 0.0), np.maximum(-difference, 0.0)])
        loss = 1.0 - transfer_matrix(single, wires).sum() / single.sum()
        alone = [correct_map(single, wires, WINDOW.g_min, WINDOW.g_max, steps) for steps in range(4)]
        both = [correct_pairs(pair, wires, WINDOW, steps) for steps in range(4)]
        ones = [column_error(one.transfer, single, inputs) for one in alone]
        twos = [column_error(two.transfer[0] - two.transfer[1], difference, inputs) for two in both]
        figures = [*ones, alone[-1].gain, *twos, both[-1].gain]
        cells = [f"{100 * x:.2g}" if k not in (4, 9) else f"{x:.3f}" for k, x in enumerate(figures)]
        yield f"| {n}, {ohm:g} | {100 * loss:.2f} | " + " | ".join(cells) + " |"


def column_error(transfer: np.ndarray, target: np.ndarray, inputs: np.ndarray) -> float:
    """Largest rms error of the column currents of an input after one gain, relative to their rms."""
    found, wanted = inputs @ transfer, inputs @ target
    gain = (found * wanted).sum(1) / (wanted**2).sum(1)
    error = found / gain[:, None] - wanted
    return float(np.sqrt((error**2).sum(1) / (wanted**2).sum(1)).max())


def stuck_table() -> Iterator[str]:
    """Normal weights on 128 x 128 pairs of HfO2 cells, half of the stuck cells in LRS: rms error of the weights."""
    yield "| stuck cells | " + " | ".join(MEANS) + " |"
    yield "| --- |" + " --- |" * len(MEANS)
    plan = ArrayPlan(device=load_device("hfo2-rram"), columns=132)
    weights = np.random.default_rng(0).standard_normal((128, 128))
    for share in SHARES:
        figures = []
        for means in MEANS.values():
            columns = 128 + (means.spare_columns(128, plan) if means else 0)
            errors = []
            for chip in range(CHIPS):
                # The map is drawn column by column, so that spares leave the others as they are.
                stuck = draw_stuck((columns, 2, 1, 128), (share / 2, share / 2), chip, "table").transpose(1, 2, 3, 0)
                found = program_matrix(
                    weights, plan, frozenset({"stuck"}), chip, correction=means, stuck_map=np.ascontiguousarray(stuck)
                )
                errors.append(found.report["residual"])
            figures.append(f"{100 * np.mean(errors):.2g} %")
        yield f"| {share:.1%} | " + " | ".join(figures) + " |"


def cells_table() -> Iterator[str]:
    """SPIRIT's 4 + 4 groups: rms error of the felt weights over rounds of programming."""
    yield "| weights | as programmed | round 1 | 2 | 3 | cells pulsed |"
    yield "| --- |" + " --- |" * 5
    chip = load_chip("spirit")
    cell = SlcOxram(spec=chip.cell)
    code, units, path = chip.synapse.weight_code(), reference_units(cell, chip.array), ("layer0", "program")
    for most in (2, 3, 4):
        rows = []
        for seed in range(CHIPS):
            weights = np.random.default_rng(seed).integers(-most, most + 1, (144, 10)).astype(np.int8)
            access = chip.array.access_resistance.value
            task = CellTask(cell=cell, code=code, weights=weights, units=units, access_ohm=access, seed=seed, path=path)
            found = correct_cells(cell.program(code.targets(weights), seed, *path), task, 3)
            rows.append([*found.errors, sum(found.changed) / found.cells.target.size])
        *errors, pulsed = np.mean(rows, 0)
        yield f"| -{most} .. +{most} | " + " | ".join(f"{e:.3f}" for e in errors) + f" | {pulsed:.1%} |"


if __name__ == "__main__":
    main(sys.argv[1:])
