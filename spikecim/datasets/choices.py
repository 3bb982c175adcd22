"""The error for a name that is not on a short list: it offers the nearest one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from spikecim.errors import ParameterError


def check_choice(kind: str, value: str, allowed: Iterable[str]) -> None:
    """Raise `ParameterError` with the nearest name unless `value` is one of `allowed`."""
    names = list(allowed)
    if value in names:
        return
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ParameterError(f"unknown {kind} {value!r}; {hint}allowed: {', '.join(names)}")
