"""Every error spikecim raises on purpose: one line that says what, where, what is allowed, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SpikecimError(Exception):
    """Base of all errors that a user can cause and mend; the command line prints it and exits with 2."""


class ParameterError(SpikecimError, ValueError):
    """A value in a chip, device or study file is unknown, of the wrong unit or out of range."""


class ShapeError(SpikecimError, ValueError):
    """An array has the wrong shape, type or range."""


class DataError(SpikecimError, ValueError):
    """A data file is truncated, has a wrong checksum or is not what its name says."""


class DataNotFoundError(SpikecimError, FileNotFoundError):
    """A data set is neither on this machine nor reachable."""


class ResultFileError(SpikecimError, ValueError):
    """A result file is not ours, cut off, or of another schema."""


class OutputError(SpikecimError, OSError):
    """A result cannot be written: no permission, disk full, not a directory."""

    def __str__(self) -> str:
        # OSError formats (errno, text) pairs; ours is always one sentence.
        return str(self.args[0]) if self.args else ""


class ModelError(SpikecimError, ValueError):
    """A network from PyTorch, ONNX or NIR is damaged or holds what is not supported."""

    def __init__(self, text: str) -> None:
        # Names in the text may come from a hostile file: one line, nothing a terminal would obey, not endless.
        line = "".join(letter if letter.isprintable() else " " for letter in text)
        super().__init__(" ".join(line.split())[:1000])


class MissingExtraError(SpikecimError, ImportError):
    """An optional package is needed that is not installed."""


class ClusterError(SpikecimError, RuntimeError):
    """The machines that compute a study cannot be reached, differ from each other, or are gone."""


class FaultError(SpikecimError, RuntimeError):
    """The first points of a study all fail with errors that are no design's: something of the program is broken."""


class CircuitError(SpikecimError, ArithmeticError):
    """A circuit has no finite solution in double precision, or a solver did not reach it."""


class EngineError(SpikecimError, ValueError):
    """An engine is unknown or cannot run this program."""


class TrainingError(SpikecimError, ArithmeticError):
    """A training went astray: its loss is not a finite number. The last good checkpoint stays."""


class ConversionError(SpikecimError, ValueError):
    """A conversion is unknown, or cannot take this network or these images."""


def hint(name: str, known: Iterable[str], otherwise: str, cutoff: float = 0.5) -> str:
    """What to tell the user of an unknown `name`: the nearest of the `known` ones, or `otherwise`."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"did you mean {near[0]!r}?" if near else otherwise
