"""Accuracy against nonlinearity with and without momentum, read from a finished study; which marks it is held against.

The paper says only that with momentum in-situ accuracy approaches its software baseline; its abstract, all that was
read, prints no accuracy. So the one numeric mark is this project's own, and the others ask for no loss.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from spikecim.devices.pulsed.library import load_spec, pulsed_names
from spikecim.energy.training import account_training
from spikecim.energy.training_design import TrainingDesign
from spikecim.energy.training_events import count_events
from spikecim.energy.training_table import TrainingTable
from spikecim.experiments.claims import Claim, claim_row
from spikecim.experiments.insitu_published import TODAES
from spikecim.insitu.costs import dense_shapes, study_writes, with_device
from spikecim.results.findings import Row
from spikecim.results.insitu_table import CellResult, DeviceRow, GainRow, InsituTable, MeanInterval
from spikecim.results.training_energy import AccuracyPoint, Span

MARK = 2.0
MARK_SOURCE = "this project's own mark, from its early pilot; no published figure exists"
KIND_SOURCE = f"in kind only: momentum helps under severe asymmetry, no number is given; {TODAES}"
SGD, MOMENTUM = "sgd", "momentum"
# Early NumPy pilot of this project, 3 seeds, best of two or three rates, %: (NL_LTP, NL_LTD): SGD, momentum 0.9.
PILOT = {
    (0.0, 0.0): (95.6, 93.9),
    (2.0, -2.0): (92.4, 93.7),
    (4.0, -4.0): (90.9, 94.1),
    (6.0, -6.0): (90.2, 93.1),
    (9.0, -9.0): (31.7, 89.1),
    (2.4, -4.88): (92.0, 94.0),
    (1.75, 1.46): (94.6, 93.9),
    (1.75, -1.46): (92.1, 93.5),
}
MARKED = (4.0, -4.0)
# Names of devices as they can stand in an anchor of a page.
_PLAIN = str.maketrans({"+": "p", "-": "m", "/": "_", " ": "_", "@": "_", "~": "_", "%": "", "±": "pm"})


def accuracy_points(found: InsituTable, table: TrainingTable) -> tuple[AccuracyPoint, ...]:
    """Every device and rule that ended well, with the energy of a trained image where the layers are dense."""
    devices = {row.name: row for row in found.devices}
    tables = {name: _own_pulse(table, name) for name in devices}
    return tuple(
        _point(found, cell, devices[cell.device], tables[cell.device]) for cell in found.cells if cell.test is not None
    )


def _own_pulse(table: TrainingTable, device: str) -> TrainingTable:
    """With the programming pulse of the device, where it is a shipped one; assumed curves state none."""
    return with_device(table, load_spec(device)) if device in pulsed_names() else table


def accuracy_rows(found: InsituTable) -> list[Row]:
    """What momentum gains over SGD on each device, paired by seed; judged where a mark is for such a study."""
    devices = {row.name: row for row in found.devices}
    pairs = [gain for gain in found.gains if (gain.rule, gain.against) == (MOMENTUM, SGD)]
    return [_gain_row(found, gain, gain.gain, devices[gain.device]) for gain in pairs if gain.gain is not None]


def pulses_for_vgg(found: InsituTable) -> tuple[float, str] | None:
    """Most pulses for each cell and update that momentum took on any device: a proxy for a larger network."""
    cells = [cell for cell in found.cells if cell.rule == MOMENTUM and cell.arrays]
    if not cells:
        return None
    each = {cell.device: _pulses(cell) for cell in cells}
    worst = max(each, key=lambda name: each[name])
    return each[worst], f"counted in the study {found.study['name']!r} ({worst}, {MOMENTUM}), another network"


def _point(found: InsituTable, cell: CellResult, device: DeviceRow, table: TrainingTable) -> AccuracyPoint:
    assert cell.test is not None
    point = AccuracyPoint(
        device=cell.device,
        rule=cell.rule,
        accuracy=(cell.test.low, cell.test.value, cell.test.high),
        seeds=cell.test.n,
        rate=cell.best if cell.best is not None else math.nan,
        pulses_per_update=_pulses(cell),
        pilot=_pilot(found, cell.rule, device),
    )
    if "sizes" not in found.study["network"] or not cell.arrays:
        return point
    joules, written = _image_joules(found.study, cell, table)
    return replace(point, image_nj=1e9 * joules, write_percent=100.0 * written)


def _image_joules(study: Mapping[str, Any], cell: CellResult, table: TrainingTable) -> tuple[float, float]:
    """Joules of a trained image, and the share of cell writes."""
    layers, batch = dense_shapes(study["network"]["sizes"]), study["training"]["batch"]
    writes = study_writes(cell, layers, batch)
    moved = writes.velocity_bits is not None and bool(writes.velocity_bits.any())
    design = TrainingDesign(
        batch=batch, momentum=moved, cells_per_weight=2 if study["network"]["pairing"] == "pair" else 1
    )
    ledger = account_training(count_events(layers, design, writes), table)
    return ledger.joules, ledger.by_part().get("cell_write", 0) / ledger.total_aj


def _pulses(cell: CellResult) -> float:
    cells = sum(row.cells for row in cell.arrays)
    return sum(row.pulses_per_step * row.cells for row in cell.arrays) / cells if cells else 0.0


def _labels(device: DeviceRow) -> tuple[float, float] | None:
    return None if device.ltp is None or device.ltd is None else (round(device.ltp, 2), round(device.ltd, 2))


def _pilot(found: InsituTable, rule: str, device: DeviceRow) -> float | None:
    """The pilot's figure, for the pilot's network and data only."""
    labels = _labels(device)
    if rule not in (SGD, MOMENTUM) or labels not in PILOT or not _is_pilot(found):
        return None
    return PILOT[labels][(SGD, MOMENTUM).index(rule)]


def _is_pilot(found: InsituTable) -> bool:
    study = found.study
    return study["data"]["name"] == "mnist" and list(study["network"].get("sizes", ())) == [400, 100, 10]


def _gain_row(found: InsituTable, gain: GainRow, points: MeanInterval, device: DeviceRow) -> Row:
    marked, deep = _labels(device) == MARKED, found.study["data"]["name"] == "cifar10"
    claim = Claim(
        id=f"momentum_gain_{gain.device.translate(_PLAIN)}",
        quantity=f"Momentum over SGD, {gain.device}",
        value=MARK if marked else 0.0,
        unit="points",
        source=MARK_SOURCE if marked else KIND_SOURCE,
        at_least=True,
    )
    how = f"{found.study['name']}: {points.n} seeds, rates tuned on validation images, paired"
    comparable = (marked and found.study["data"]["name"] == "mnist") or (deep and _asymmetric(device))
    return claim_row(claim, _span(points), how, comparable=comparable)


def _asymmetric(device: DeviceRow) -> bool:
    return device.ltp is not None and device.ltd is not None and device.ltp * device.ltd < 0


def _span(points: MeanInterval) -> Span:
    low = points.value if points.low is None else points.low
    high = points.value if points.high is None else points.high
    return low, points.value, high
