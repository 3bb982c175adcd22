"""What a mitigation study is done on: a network on hardware that can be measured with errors, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.mitigate.spec import Condition, Cure
from spikecim.progress import Tick
from spikecim.results.mitigation import LayerRow

Accuracies = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """One virtual chip.

    Attributes
    ----------
    blocks : float64 (n_blocks,)
        Share of right answers in each block of the images.
    layers : tuple of LayerRow
        What is known of the arrays of each layer; may be empty.
    """

    blocks: Accuracies
    layers: tuple[LayerRow, ...] = ()


class Subject(Protocol):
    """A network on its hardware.

    Accuracies are shares of right answers, one for each block of the images, the same images each time.
    """

    def algorithm(self) -> Accuracies:
        """The network as trained, computed by a computer: (n_blocks,)."""

    def ideal(self) -> Accuracies:
        """The same network on the same hardware with every error class off: (n_blocks,)."""

    def before(self, condition: Condition, chip: int) -> Measured:
        """A virtual chip with the errors of `condition`, and no cure."""

    def trained_against(self, condition: Condition, cure: Cure) -> frozenset[str]:
        """Error classes that retraining for `condition` sees; empty if `cure` does not retrain."""

    def prepare(self, condition: Condition, cure: Cure, tick: Tick) -> None:
        """Do what is done once for all chips (retraining); what is done already is kept."""

    def after(self, condition: Condition, cure: Cure, chip: int) -> Measured:
        """The same virtual chip, cured; `prepare` was called."""

    def alike(self, condition: Condition) -> bool:
        """Whether all virtual chips are the same with these errors."""

    def needs(self, cure: Cure) -> str:
        """What one has to know of chip or data for `cure`, in words."""

    def digest(self) -> str:
        """Short hash of the images, the labels and the weights."""


def check_samples(found: int, wanted: int) -> None:
    """Raise ParameterError if the test split has fewer samples than the study asks for."""
    if found < wanted:
        raise ParameterError(
            f"network.images: {wanted:,} are asked for, but the test split on this machine has {found:,}; "
            f"give --images {found}"
        )
