"""Readings drawn from known laws, as arrays and as CSV files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.table import Measured, Readings

FloatArray = NDArray[np.float64]
BODY = {"median": 5e3, "sigma_ln": 0.13}
HIGH = {"median": 1e5, "sigma_ln": 0.9}
TAIL = {"tail_probability": 0.1, "tail_low_factor": 2.0, "tail_high_factor": 6.0}


def chance_range(trials: int, share: float = 0.9) -> tuple[float, float]:
    """Percent of `trials` that hold something true with probability `share`: outside of it one time in 1,000."""
    from scipy.stats import binom

    low, high = binom.ppf([0.0005, 0.9995], trials, share)
    return 100 * float(low) / trials, 100 * float(high) / trials


def body(rng: np.random.Generator, n: int, law: dict[str, float]) -> FloatArray:
    """ln R of `n` log-normal readings."""
    return np.log(law["median"]) + law["sigma_ln"] * rng.standard_normal(n)


def with_tail(rng: np.random.Generator, n: int, law: dict[str, float]) -> FloatArray:
    """ln R of `n` readings of the law with a tail."""
    width = np.log(law["tail_high_factor"] / law["tail_low_factor"])
    shift = np.log(law["tail_low_factor"]) + width * rng.random(n)
    return body(rng, n, law) + np.where(rng.random(n) < law["tail_probability"], shift, 0.0)


def cycled(rng: np.random.Generator, size: tuple[int, int], law: dict[str, float], share: float) -> FloatArray:
    """ln R (n_cells * n_cycles,), cell after cell, with `share` of the variance between cells."""
    scores = np.sqrt(share) * rng.standard_normal((size[0], 1)) + np.sqrt(1 - share) * rng.standard_normal(size)
    return (np.log(law["median"]) + law["sigma_ln"] * scores).ravel()


def cell_numbers(size: tuple[int, int]) -> NDArray[np.int64]:
    return np.repeat(np.arange(size[0]), size[1])


def measured(low: FloatArray, high: FloatArray, kind: str = "cells", **more: object) -> Measured:
    """Readings of ln R `low` and `high` as if read from a file."""
    readings = {state: Readings(resistance=np.exp(y), **more) for state, y in (("lrs", low), ("hrs", high))}  # type: ignore[arg-type]
    return Measured(file="cells.csv", digest="0" * 64, kind=kind, **readings)


def write_wide(path: Path, low: FloatArray, high: FloatArray, head: str = "lrs_ohm,hrs_ohm") -> Path:
    """A CSV with two columns of ohms from ln R `low` and `high`."""
    n = max(len(low), len(high))
    columns = [[f"{np.exp(value):.9g}" for value in y] + [""] * (n - len(y)) for y in (low, high)]
    path.write_text("\n".join([head, *map(",".join, zip(*columns, strict=True)), ""]), encoding="utf-8")
    return path
