"""Weight codes by name. A new code is one file, one line here, one test."""

from spikecim.arrays.codes.base import Units, WeightCode
from spikecim.arrays.codes.sign_magnitude import SignMagnitude, SignMagnitudeSingle
from spikecim.arrays.codes.triplicated import TriplicatedAverage, TriplicatedMajority
from spikecim.arrays.codes.unary_bipolar import UnaryBipolar

CODES: dict[str, type[WeightCode]] = {
    "unary-bipolar": UnaryBipolar,
    "sign-magnitude": SignMagnitude,
    "sign-magnitude-single": SignMagnitudeSingle,
    "triplicated-majority": TriplicatedMajority,
    "triplicated-average": TriplicatedAverage,
}

__all__ = ["CODES", "Units", "WeightCode"]
