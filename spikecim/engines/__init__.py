"""Engines by name. A new engine is one file, one line here; the shared scenarios in tests/engines then run on it."""

from __future__ import annotations

from spikecim.engines.base import Engine
from spikecim.errors import EngineError

ENGINES = ("stepper", "brian2", "event")


def get_engine(name: str, brian_target: str = "numpy") -> Engine:
    """Return the engine called `name`; heavy imports happen only here.

    `brian_target` is Brian2's code generation target: ``"numpy"``, ``"cython"`` or ``"cpp_standalone"``.
    """
    if name == "stepper":
        from spikecim.engines.stepper import Stepper

        return Stepper()
    if name == "brian2":
        from spikecim.engines.brian import BrianEngine

        return BrianEngine(target=brian_target)
    if name == "event":
        from spikecim.engines.event import EventEngine

        return EventEngine()
    raise EngineError(f"engine {name!r} is unknown; allowed: {', '.join(ENGINES)}")
