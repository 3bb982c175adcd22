"""What every conversion shares: the chip's bounds, the interface, and the refusal of networks it cannot take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from spikecim.conversion.prepare import Bounds, Prepared, prepare
from spikecim.errors import ConversionError
from spikecim.layered.network import SpikingNetwork
from spikecim.models.blocks import Block, blocks
from spikecim.models.forward import Values, check_images
from spikecim.models.model import AnnModel


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """A rule that turns an ANN into a spiking network.

    Attributes
    ----------
    name : str
        What the command line calls it.
    title : str
        One line.
    paper : str
        Full citation.
    takes : tuple of str
        Activations (`models.layers.ACTIVATIONS`) that may stand between layers.
    remedy : str
        What to do with a network that has others.
    rule : callable
        From a `Prepared` network (weights already whole numbers) to the spiking one.
    needs : str
        What it asks of the circuits that SPIRIT does not have and the energy table does not pay for; empty for none.
    fixed_scale : bool
        True if the weight scale follows from the slope of the activation; else it has the smallest squared error.
    """

    name: str
    title: str
    paper: str
    takes: tuple[str, ...]
    remedy: str
    rule: Callable[[Prepared], SpikingNetwork]
    needs: str = ""
    fixed_scale: bool = False

    def __call__(self, network: AnnModel, calibration: Values, bounds: Bounds) -> SpikingNetwork:
        """Convert `network` within the `bounds` of a chip.

        Parameters
        ----------
        calibration : float32 (n, *input_shape) in [0, 1]
            Training images, never test images; scales are chosen on them.

        Raises
        ------
        ConversionError
            If an activation is not one this rule takes, or the images are not in [0, 1].
        ShapeError
            If the images do not fit the network, or its layers have an order no chip of neurons can have.
        """
        self.check(network)
        check_images(network, calibration)
        if not (calibration.min() >= 0.0 and calibration.max() <= 1.0):  # NaN fails too
            raise ConversionError(
                f"conversion {self.name}: input values must lie in 0..1 (a spike of the input has no sign, and one "
                f"spike a step is the most), got {calibration.min():g}..{calibration.max():g}: rescale the images"
            )
        # The last bits of a matrix product depend on how many threads share it; thresholds and biases would too.
        with threadpool_limits(limits=1):
            return self.rule(prepare(self, network, np.asarray(calibration, np.float32), bounds))

    def check(self, network: AnnModel) -> None:
        """Raise ConversionError naming the first layer whose activation this rule cannot take."""
        for block in blocks(network):
            if (wrong := self._refused(block)) is not None:
                raise ConversionError(
                    f"conversion {self.name}: network {network.name} has {wrong} after layer {block.name}; "
                    f"it takes {', '.join(self.takes)}: {self.remedy}"
                )

    def _refused(self, block: Block) -> str | None:
        kind = block.activation.kind if block.activation else None
        return kind if kind is not None and kind not in self.takes else None

    def applies(self, network: AnnModel) -> bool:
        """Whether `network` has only activations this rule takes."""
        return all(self._refused(block) is None for block in blocks(network))
