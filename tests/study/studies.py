"""Small studies that tests share, on the embedded digits: no data needed, milliseconds a point."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from spikecim.study.reading import study_from
from spikecim.study.spec import Study

SMALL: dict[str, Any] = {
    "schema": 1,
    "name": "small",
    "base": {"data": "digits", "images": 40, "chips": 2},
    "factors": {"cell.hrs.sigma_ln": {"low": 0.2, "high": 1.5}, "decision.delta_s": [4, 10]},
    "design": {"kind": "sobol", "points": 4},
}


def raw(**changes: Any) -> dict[str, Any]:
    """`SMALL` with other tables."""
    return {**deepcopy(SMALL), **changes}


def study(**changes: Any) -> Study:
    """The study that `raw` describes."""
    return study_from(raw(**changes), "study.toml")
