"""Tables of a study of training on the chip, for the page and the terminal."""

from __future__ import annotations

from spikecim.reports.energy_table import TAB, Table, table
from spikecim.reports.energy_wording import DASH, cited
from spikecim.reports.insitu_wording import device_name, labels, percent, rule_name, with_half, with_interval
from spikecim.results.insitu_table import CellResult, GainRow, InsituTable, SeedRow


def scores_table(found: InsituTable) -> Table:
    """The table: one row for each device and rule."""
    head = (
        "Device",
        f"{TAB}Rule",
        "Test, %",
        "Gain, points",
        "Best rate",
        "Validation, %",
        "Pulses a cell",
        "Most of any cell",
    )
    gains = {(gain.device, gain.rule): gain for gain in found.gains}
    rows = [_score(cell, gains.get((cell.device, cell.rule))) for cell in found.cells]
    return table("Accuracy and writes", head, rows)


def _score(cell: CellResult, gain: GainRow | None) -> tuple[str, ...]:
    return (
        device_name(cell.device),
        rule_name(cell.rule),
        with_interval(cell.test),
        with_interval(gain.gain if gain else None),
        f"{cited(cell.best)}{' *' if cell.edge else ''}",
        percent(cell.validation.value if cell.validation else None),
        cited(cell.pulses),
        cited(most_writes(cell)),
    )


def most_writes(cell: CellResult) -> int | None:
    """Pulses of the cell that had most, of all seeds."""
    return max((seed.largest_writes for seed in cell.seeds if seed.largest_writes is not None), default=None)


def short_rows(found: InsituTable) -> list[tuple[str, ...]]:
    """The same for a terminal."""
    gains = {(gain.device, gain.rule): gain for gain in found.gains}
    return [_short(cell, gains.get((cell.device, cell.rule))) for cell in found.cells]


def _short(cell: CellResult, gain: GainRow | None) -> tuple[str, ...]:
    row = _score(cell, gain)
    return (*row[:2], row[4], with_half(cell.test), with_half(gain.gain if gain else None), *row[6:])


def devices_table(found: InsituTable) -> Table:
    """What the devices are."""
    rows = [
        (
            device_name(device.name),
            device.title,
            labels(device),
            f"{cited(device.pulses_up)} / {cited(device.pulses_down)}",
            cited(device.cycle_to_cycle),
            cited(device.symmetric_point),
            cited(device.pull),
        )
        for device in found.devices
    ]
    head = (
        "Device",
        f"{TAB}What it is",
        "Labels up / down",
        "Pulses up / down",
        "Noise of a pulse, %",
        "Symmetric point",
        "Pull of a pair, %",
    )
    return table("The devices", head, rows)


def tuning_table(found: InsituTable) -> Table:
    """Every rate that was tried."""
    rows = []
    for cell in found.cells:
        for rate in cell.rates:
            mark = TAB if rate.rate == cell.best else ""
            seeds = " · ".join(percent(seed) for seed in rate.seeds)
            row = (
                f"{mark}{device_name(cell.device)}",
                rule_name(cell.rule),
                cited(rate.rate),
                percent(rate.mean),
                seeds,
                "yes" if rate.added else "no",
                rate.error or DASH,
            )
            rows.append(row)
    head = ("Device", f"{TAB}Rule", "Rate", "Mean, %", "Each seed, %", f"{TAB}Added", f"{TAB}Error")
    return table("Tuning, validation images", head, rows, folded=True)


def seeds_table(found: InsituTable) -> Table:
    """Every scored training."""
    rows = [
        (device_name(cell.device), rule_name(cell.rule), *_seed(seed)) for cell in found.cells for seed in cell.seeds
    ]
    head = ("Device", f"{TAB}Rule", "Seed", "Test, %", "Validation, %", "Training, %", "Pulses a cell", f"{TAB}Error")
    return table("Every scored training", head, rows, folded=True)


def _seed(seed: SeedRow) -> tuple[str, ...]:
    return (
        f"{seed.seed}",
        percent(seed.test),
        percent(seed.validation),
        percent(seed.train),
        cited(seed.pulses),
        seed.error or DASH,
    )


def arrays_table(found: InsituTable) -> Table:
    """What each layer's array did."""
    rows = [
        (
            device_name(cell.device),
            rule_name(cell.rule),
            row.layer,
            cited(row.cells),
            cited(row.pulses),
            cited(row.pulses_per_step),
            cited(row.largest_writes),
            cited(row.row_phases),
            cited(row.velocity_bits),
            f"{cited(row.clamped)} / {cited(row.stuck)} / {cited(row.dead)}",
        )
        for cell in found.cells
        for row in cell.arrays
    ]
    head = (
        "Device",
        f"{TAB}Rule",
        f"{TAB}Layer",
        "Cells",
        "Pulses a cell",
        "The same a step",
        "Most of any cell",
        "Row phases",
        "Velocity bits a weight and step",
        "Clamped / stuck / dead",
    )
    return table("Arrays, layer by layer", head, rows, folded=True)
