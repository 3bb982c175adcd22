"""The certificate that goes with every number of a description file: status, source, fitted_to and range, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from spikecim.errors import ParameterError

STATUSES = ("published", "derived", "proxy", "calibrated", "measured", "assumed")
N = TypeVar("N", float, int)
_KEYS = ("value", "range", "status", "source", "fitted_to")


def open_certificate(raw: object, *, ranged: bool = False) -> tuple[object, dict[str, Any]]:
    """Split a table into its value and the certificate that goes with it; `ranged` if its kind can have a range."""
    if not isinstance(raw, Mapping):
        raise ParameterError(
            f'expected a table like {{ value = ..., status = "assumed", source = "..." }}, got {raw!r}'
        )
    if "value" not in raw:
        raise ParameterError("has no value: write { value = ..., status = ..., source = ... }")
    unknown = sorted(set(raw) - set(_KEYS))
    if unknown:
        raise ParameterError(f"unknown key {unknown[0]!r}: allowed are {', '.join(_KEYS)}")
    if "range" in raw and not ranged:
        raise ParameterError("range goes with a single quantity or count only, not with a choice or a list: remove it")
    status, source = raw.get("status"), raw.get("source")
    if status not in STATUSES:
        raise ParameterError(f"status {status!r} is not one of {', '.join(STATUSES)}")
    if not isinstance(source, str) or not source.strip():
        raise ParameterError("source is missing: say where the number comes from")
    return raw["value"], {"status": status, "source": source.strip(), "fitted_to": _fitted_to(raw, status)}


def _fitted_to(raw: Mapping[str, object], status: str) -> str | None:
    row = raw.get("fitted_to")
    if status != "calibrated":
        if row is not None:
            raise ParameterError(f"fitted_to goes with status calibrated only, not with {status}: remove it")
        return None
    if not isinstance(row, str) or not row.strip():
        raise ParameterError(
            "fitted_to is missing: a calibrated value names the row it was fitted to, "
            'for example fitted_to = "input_spikes_per_image"'
        )
    return row.strip()


def read_range(raw: object, value: N, read: Callable[[object], N]) -> tuple[N, N] | None:
    """The two ends of the key `range`, read as the value was; None where a file has none."""
    if not isinstance(raw, Mapping) or "range" not in raw:
        return None
    ends = raw["range"]
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise ParameterError(f'range: expected [low, high], for example ["10 fJ", "200 fJ"], got {ends!r}')
    try:
        low, high = (read(end) for end in ends)
    except ParameterError as fault:
        raise ParameterError(f"range: {fault}") from None
    if not low <= value <= high:
        raise ParameterError(
            f"range {list(ends)!r} does not hold the value {raw['value']!r}: write low <= value <= high"
        )
    return low, high
