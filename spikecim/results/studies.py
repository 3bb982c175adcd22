"""What a reproduction looked into beside the published table; None where a study was left out or interrupted before."""

from __future__ import annotations

from dataclasses import dataclass

from spikecim.results.ageing import Ageing
from spikecim.results.attribution import Attribution
from spikecim.results.codes import CodeStudy
from spikecim.results.region import Region
from spikecim.results.sign_bit import SignBitArgument


@dataclass(frozen=True, kw_only=True)
class Studies:
    """Ageing, weight codes under faults, attribution of the loss, and the region of plausible values.

    `argument` is the sign bit argument on as many chips as the table, `codes` the curves on fewer. `interrupted` tells
    that a study was cut short; those after it were then left out.
    """

    ageing: Ageing | None = None
    codes: CodeStudy | None = None
    argument: SignBitArgument | None = None
    attribution: Attribution | None = None
    region: Region | None = None
    interrupted: bool = False
