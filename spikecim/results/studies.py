"""What a reproduction looked into beside the published table; None where a study was left out or interrupted before."""

from __future__ import annotations

from dataclasses import dataclass

from spikecim.results.ageing import Ageing
from spikecim.results.attribution import Attribution
from spikecim.results.codes import CodeStudy
from spikecim.results.region import Region


@dataclass(frozen=True, kw_only=True)
class Studies:
    """Ageing, weight codes under faults, attribution of the loss, and the region of plausible values.

    `argument` holds the points of the sign bit argument on as many chips as the table, `codes` the curves on fewer.
    """

    ageing: Ageing | None = None
    codes: CodeStudy | None = None
    argument: CodeStudy | None = None
    attribution: Attribution | None = None
    region: Region | None = None
