"""The error for a name that is not on a short list: it offers the nearest one."""

from __future__ import annotations

from collections.abc import Iterable

from spikecim.errors import ParameterError, hint


def check_choice(kind: str, value: str, allowed: Iterable[str]) -> None:
    """Raise `ParameterError` with the nearest name unless `value` is one of `allowed`."""
    names = list(allowed)
    if value in names:
        return
    help_ = f"{hint(str(value), names, '')} allowed: {', '.join(names)}".strip()
    raise ParameterError(f"unknown {kind} {value!r}; {help_}")
