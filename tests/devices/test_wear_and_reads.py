"""Read disturb and endurance: bounds with their closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.errors import ParameterError


def programmed(low: bool = True, n: int = 200_000, **changes: object) -> Cells:
    spec = load_chip("spirit", {f"cell.{key.replace('__', '.')}": value for key, value in changes.items()}).cell
    return SlcOxram(spec=spec).program(np.full(n, low), 3, "cells")


def test_a_read_moves_ln_r_by_its_step() -> None:
    spec = load_chip("spirit").cell.disturb
    assert spec is not None
    np.testing.assert_allclose(spec.log_shift([0.0, 1e9]), [0.0, -1e9 * spec.step_per_read.value])
    with pytest.raises(ParameterError, match=r"stated for 0 \.\. 1e\+10"):
        spec.log_shift(1e12)


def test_a_chip_programmed_once_is_not_worn() -> None:
    once, never = programmed(), programmed(endurance__switch="off")
    # One cycle of 1e5 is not quite none.
    np.testing.assert_allclose(once.resistance, never.resistance, rtol=1e-6)


@pytest.mark.parametrize("cycles", [1e5, 1e7, 1e9])
def test_worn_out_cells_follow_weibull(cycles: float) -> None:
    fresh = programmed(False, stuck_lrs=0.0, stuck_hrs=0.0)
    worn = programmed(False, stuck_lrs=0.0, stuck_hrs=0.0, endurance__cycles=cycles)
    share = 1 - np.exp(-((cycles / 2e9) ** 0.87))
    error = np.sqrt(share * (1 - share) / 200_000)
    assert worn.stuck.mean() == pytest.approx(share, abs=4 * error)
    assert not fresh.stuck.any()


def test_bounds_that_the_table_was_made_from() -> None:
    spec = load_chip("spirit", {"cell.endurance.cycles": 1e5}).cell.endurance
    assert spec is not None
    # No failed cell among 16,384 after 1e5 cycles: at most 3 / 16,384 by the rule of three; 1 % at 1e7 is assumed.
    assert spec.worn_out() == pytest.approx(3 / 16_384, rel=0.05)
    later = load_chip("spirit", {"cell.endurance.cycles": 1e7}).cell.endurance
    assert later is not None
    assert later.worn_out() == pytest.approx(0.01, rel=0.05)


def test_a_worn_cell_stays_worn() -> None:
    some, more = (programmed(False, 20_000, endurance__cycles=cycles).stuck for cycles in (1e8, 1e9))
    assert some.any() and more.sum() > some.sum()
    assert more[some].all()


def test_cycling_closes_the_window_from_the_hrs_side() -> None:
    changes = {"stuck_lrs": 0.0, "stuck_hrs": 0.0, "programming__mode": "one-pulse", "programming__max_pulses": 1}
    fresh, worn = (programmed(False, endurance__cycles=cycles, **changes) for cycles in (0.0, 9e5))
    free = ~worn.stuck
    # 0.1 per decade, from 1e5 cycles on: log10(1 + 9) is one decade.
    np.testing.assert_allclose(np.log(fresh.resistance / worn.resistance)[free], 0.1, rtol=1e-9)
