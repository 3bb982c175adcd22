"""Plans on small arrays, and a device whose every number is round."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.devices.library import load_device

# A spread that is the same in each state, far enough above 0 to stay normal.
PLAIN: dict[str, object] = {
    "window.g_min": "10 uS",
    "window.g_max": "50 uS",
    "programming.states": [0.0, 1.0],
    "programming.spread": [0.02, 0.02],
    "read.states": [0.0, 1.0],
    "read.noise_rel": [0.04, 0.01],
    "stuck.share_low": 0.05,
    "stuck.share_high": 0.02,
    "stuck.rail_low": "2 uS",
    "stuck.rail_high": "60 uS",
}
MakePlan = Callable[..., ArrayPlan]


@pytest.fixture
def make_plan() -> MakePlan:
    def made(device: dict[str, object] | None = None, **fields: object) -> ArrayPlan:
        cell = load_device("hfo2-rram", {**PLAIN, **(device or {})})
        return ArrayPlan(device=cell, **{"rows": 16, "columns": 16, **fields})  # type: ignore[arg-type]

    return made
