"""The promise to a user: a CSV sampled from known parameters gives them back within the stated intervals.

Through the file, the choice of a law and the judgement of its goodness, 100 times: 90 +- 5 of 100 for every parameter.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from spikecim.devices.measured.fit import fit_device
from spikecim.devices.measured.table import read_measured
from tests.devices.measured.samples import BODY, HIGH, body

TRIALS, READINGS = 100, 400


@pytest.mark.slow
def test_parameters_come_back_from_a_csv(tmp_path: Path) -> None:
    covered: Counter[str] = Counter()
    for trial in range(TRIALS):
        rng = np.random.default_rng(10_000 + trial)
        lrs, hrs = (np.exp(body(rng, READINGS, law)) for law in (BODY, HIGH))
        lines = [f"{a!r},{b!r}" for a, b in zip(lrs.tolist(), hrs.tolist(), strict=True)]
        path = tmp_path / "cells.csv"
        path.write_text("lrs_ohm,hrs_ohm\n" + "\n".join(lines) + "\n")
        found = fit_device(read_measured(path))
        for state, law in (("lrs", BODY), ("hrs", HIGH)):
            estimates = found.of(state).estimates
            covered.update(f"{state} {name}" for name, value in law.items() if estimates[name].holds(value))
    assert set(covered) == {f"{state} {name}" for state in ("lrs", "hrs") for name in BODY}
    assert {name: count for name, count in covered.items() if not 85 <= count <= 95} == {}
