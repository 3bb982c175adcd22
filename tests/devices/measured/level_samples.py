"""Measured multi-level files made from a known device, with stuck cells, repeated reads and I-V curves as asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.library import load_device
from spikecim.devices.multilevel import MultiLevelCell

N_LEVELS = 5
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file, the device it was made from, and the stuck map (n_levels, n_cells)."""

    path: Path
    cell: MultiLevelCell
    stuck: NDArray[np.int8]
    n: int


def device(name: str = "hfo2-rram", **changes: object) -> MultiLevelCell:
    cell = load_device(name, {key.replace("__", "."): value for key, value in changes.items()})
    assert isinstance(cell, MultiLevelCell)
    return cell


def write_cells(
    path: Path,
    cell: MultiLevelCell,
    *,
    n: int = 200,
    cycles: int = 1,
    reads: int = 1,
    times: tuple[float, ...] = (),
) -> Sample:
    """Program `n` cells to each of five targets and write what is read, in uS."""
    wanted = np.repeat(np.linspace(cell.g_min, cell.g_max, N_LEVELS), n)
    rng = np.random.default_rng(7)
    rows = ["target_uS,conductance_uS,cell,cycle" + (",time_s" if times else "")]
    for cycle in range(cycles):
        fresh = cell.program(wanted, 3, "sample", cycle=cycle)
        for time in times or (0.0,):
            now = cell.at(fresh, time, 3, "sample", cycle).conductance
            for _ in range(reads):
                noise = cell.read_sd(now) * rng.standard_normal(now.shape) if reads > 1 else 0.0
                seen = np.maximum(0.0, now + noise)
                end = f",{time}" if times else ""
                pairs = enumerate(np.column_stack([wanted, seen]) * 1e6)
                rows += [f"{t:.9g},{g:.9g},{k},{cycle}{end}" for k, (t, g) in pairs]
    path.write_text("\n".join(rows), encoding="utf-8")
    return Sample(path=path, cell=cell, stuck=fresh.stuck.reshape(N_LEVELS, n), n=n)


def add_curves(path: Path, law: Callable[[FloatArray], FloatArray], noise: float = 0.01) -> None:
    """Add ten I-V curves of `law` (V to V), with relative `noise`, to a file without cycles or times."""
    rng, volts = np.random.default_rng(5), np.linspace(-0.5, 0.5, 21)
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    rows = [f"{row},," for row in rows]
    for curve in range(10):
        amperes = 20.0 * (1 + curve) * law(volts) * np.exp(noise * rng.standard_normal(len(volts)))
        rows += [f",,v{curve},0,{v:.6g},{i:.9g}" for v, i in zip(volts, amperes, strict=True)]
    path.write_text("\n".join([f"{head},voltage_V,current_uA", *rows]), encoding="utf-8")
