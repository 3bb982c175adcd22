"""What a long job calls as it goes on, so that whoever started it can show how far it is."""

from __future__ import annotations

from collections.abc import Callable

# Called with the name of the stage, what is done of it, and of how much.
Stage = Callable[[str, int, int], None]
# The same within one stage.
Tick = Callable[[int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""
