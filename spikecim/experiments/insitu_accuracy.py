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
JUDGED = "the middle is judged, and its interval must lie above 0"
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
# Reads of a study that the energy depends on, in words.
_READS = {
    "rows": "rows of an array",
    "input_bits": "input bits",
    "error_bits": "error bits",
    "adc_forward": "forward ADC bits",
    "adc_error": "error ADC bits",
}
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
    first, *rest = dense_shapes(study["network"]["sizes"])
    layers = (replace(first, input_bits=1) if study["data"]["binary"] else first, *rest)
    design = study_design(study)
    writes = study_writes(cell, layers, design)
    moved = writes.velocity_bits is not None and bool(writes.velocity_bits.any())
    ledger = account_training(count_events(layers, replace(design, momentum=moved), writes), table)
    return ledger.joules, ledger.by_part().get("cell_write", 0) / ledger.total_aj


def study_design(study: Mapping[str, Any]) -> TrainingDesign:
    """Batch, cells of a weight, rows and bits of a study; what it reads ideally (0 bits) keeps the assumed bits."""
    reads = study["reads"]
    stated = {name: reads[name] for name in _READS if reads[name]}
    pair = study["network"]["pairing"] == "pair"
    return TrainingDesign(batch=study["training"]["batch"], cells_per_weight=2 if pair else 1, **stated)


def reads_text(study: Mapping[str, Any]) -> str:
    """What the energies of a study take its reads for, in one line."""
    design, reads = study_design(study), study["reads"]
    words = [
        f"{_READS[name]} {getattr(design, name)}{'' if reads[name] else ' (assumed, ideal in the study)'}"
        for name in _READS
    ]
    return ", ".join(["pixels 1 bit" if study["data"]["binary"] else "pixels as inputs", *words])


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


def _is_marked(found: InsituTable, device: DeviceRow) -> bool:
    """The study that the mark was stated for: the pilot's network of single cells, all training images, +-4."""
    whole = found.study["data"]["train"] == 0 and found.study["network"]["pairing"] == "single"
    return whole and _is_pilot(found) and _labels(device) == MARKED


def _gain_row(found: InsituTable, gain: GainRow, points: MeanInterval, device: DeviceRow) -> Row:
    """The row of one device; the middle is judged, and a gain that its own seeds do not tell from 0 is none."""
    marked, deep = _is_marked(found, device), found.study["data"]["name"] == "cifar10"
    claim = Claim(
        id=f"momentum_gain_{gain.device.translate(_PLAIN)}",
        quantity=f"Momentum over SGD, {gain.device}",
        value=MARK if marked else 0.0,
        unit="points",
        source=MARK_SOURCE if marked else KIND_SOURCE,
        at_least=True,
    )
    how = f"{found.study['name']}: {points.n} seeds, rates tuned on validation images, paired; {JUDGED}"
    comparable = points.low is not None and (marked or (deep and _asymmetric(device)))
    row = claim_row(claim, _span(points), how, comparable=comparable)
    return replace(row, verdict="off") if row.verdict == "reproduced" and row.low <= 0.0 else row


def _asymmetric(device: DeviceRow) -> bool:
    return device.ltp is not None and device.ltd is not None and device.ltp * device.ltd < 0


def _span(points: MeanInterval) -> Span:
    low = points.value if points.low is None else points.low
    high = points.value if points.high is None else points.high
    return low, points.value, high
