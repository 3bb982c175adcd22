"""Tells a faulty program from a bad design: if the first points all fail in ways that are no design's, stop."""

from __future__ import annotations

from spikecim.errors import FaultError
from spikecim.study.point import Point
from spikecim.study.pool import Outcome

Pair = tuple[Point, Outcome]
# So many points are enough, if they are of two designs or more: one design can hit a corner that no other one does.
_ENOUGH, _ENOUGH_OF_ONE = 8, 64


class FirstFaults:
    """Holds points back while all that came failed with an error that is none of spikecim's own.

    Parameters
    ----------
    wary : bool
        False lets every point pass: others did not fail.
    """

    def __init__(self, *, wary: bool) -> None:
        self._wary = wary
        self._held: list[Pair] = []

    def passed(self, point: Point, outcome: Outcome) -> list[Pair]:
        """Take in one point, and give back those that may be recorded now.

        Raises
        ------
        FaultError
            If that many points cannot be chance; none of them was given back.
        """
        self._held.append((point, outcome))
        self._wary = self._wary and bool(outcome.fault)
        if not self._wary:
            return self.rest()
        n_designs = len({held.design.number for held, _ in self._held})
        if len(self._held) >= (_ENOUGH if n_designs > 1 else _ENOUGH_OF_ONE):
            raise FaultError(
                f"the first {len(self._held)} points all failed, the last with {outcome.error} ({outcome.fault}); that "
                "is a fault of the program or its installation, not of a design. They are not recorded: mend it and "
                "run the same command again, or report this line"
            )
        return []

    def rest(self) -> list[Pair]:
        """Give back what is held: no more points come."""
        held, self._held = self._held, []
        return held
