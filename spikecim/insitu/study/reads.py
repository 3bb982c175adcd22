"""The reads of a study: what its table says, as the arrays take it."""

from __future__ import annotations

from typing import Any

from spikecim.errors import ParameterError
from spikecim.insitu.array_spec import MOST_BITS, PASSES, ArrayReads
from spikecim.insitu.study.spec import InsituStudy


def reads_of(study: InsituStudy) -> ArrayReads:
    """What the arrays do to the products; 0 in the file is None here.

    Raises
    ------
    ParameterError
        If a number cannot be.
    """
    for key, low in (("input_bits", 1), ("error_bits", 2), *((f"adc_{step}", 2) for step in PASSES)):
        bits = study.reads[key]
        if bits != 0 and not low <= bits <= MOST_BITS:
            raise ParameterError(f"reads.{key} {bits}: must be 0 (off) or {low} .. {MOST_BITS}")
    zero_is_none = ("input_bits", "error_bits", "adc_forward", "adc_error", "adc_gradient", "on_off")
    given: dict[str, Any] = {key: value or None if key in zero_is_none else value for key, value in study.reads.items()}
    return ArrayReads(**given)
