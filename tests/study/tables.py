"""Tables of studies whose every point is given by a function, and not by a chip."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from spikecim.results.sweep_table import SweepTable
from spikecim.study.designs import designs_of
from spikecim.study.factors import Factor
from spikecim.study.spec import Study
from tests.study.studies import study

PointLaw = Callable[[Sequence[float | int | str], int], float]


def unit_factors(n: int, low: float = 0.0, high: float = 1.0) -> tuple[Factor, ...]:
    """Factors x1, x2 ... from low to high."""
    return tuple(Factor(path=f"x{k + 1}", unit="dimensionless", low=low, high=high) for k in range(n))


def made_study(
    factors: tuple[Factor, ...],
    kind: str = "saltelli",
    points: int = 64,
    chips: int = 1,
    metrics: tuple[str, ...] = ("accuracy",),
) -> Study:
    """A study of these factors; nothing of it can be run on a chip."""
    return replace(
        study(), factors=factors, kind=kind, points=points, n_chips=chips, metrics=metrics, name="made", title="Made"
    )


def made_table(
    made: Study, laws: dict[str, PointLaw], fails: Callable[[int, int], str] = lambda design, chip: ""
) -> SweepTable:
    """The table of `made` with each metric by its law of (values, chip); points with an error text have failed."""
    designs = designs_of(made)
    rows = [(design, chip) for design in designs for chip in range(made.n_chips)]
    errors = [fails(design.number, chip) for design, chip in rows]
    columns = zip(*(design.values for design, _ in rows), strict=True)
    return SweepTable(
        study=made.describe(),
        design=np.array([design.number for design, _ in rows]),
        chip=np.array([chip for _, chip in rows]),
        factors={f.path: np.array(column) for f, column in zip(made.factors, columns, strict=True)},
        metrics={
            name: np.array(
                [math.nan if error else law(d.values, c) for (d, c), error in zip(rows, errors, strict=True)]
            )
            for name, law in laws.items()
        },
        error=np.array(errors),
    )


def ishigami(x: Sequence[float | int | str], _: int = 0) -> float:
    """Ishigami and Homma (1990), a = 7, b = 0.1."""
    one, two, three = (float(value) for value in x)
    return math.sin(one) + 7 * math.sin(two) ** 2 + 0.1 * three**4 * math.sin(one)


# Its indices in closed form, same paper: V_1, V_2, V_13.
_V1, _V2, _V13 = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2, 49 / 8, 8 * 0.01 * math.pi**8 / 225
ISHIGAMI_V = _V1 + _V2 + _V13
ISHIGAMI_FIRST = (_V1 / ISHIGAMI_V, _V2 / ISHIGAMI_V, 0.0)
ISHIGAMI_TOTAL = ((_V1 + _V13) / ISHIGAMI_V, _V2 / ISHIGAMI_V, _V13 / ISHIGAMI_V)
ISHIGAMI_13 = _V13 / ISHIGAMI_V
