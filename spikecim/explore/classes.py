"""Virtual chips with some of the five error classes: four by the chip's file, quantisation by the network's weights.

A chip without quantisation injects its programmed charge plus what rounding and clipping took from the real weight, in
exact electrons: w_real = w_whole + remainder, and only w_whole passes through cells. So the remainder has no spread, no
stuck cell and no wire, and the classes stay apart.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spikecim.build import VirtualChip, build
from spikecim.chips.classes import FLUCTUATION, QUANTISATION, check_classes, with_classes
from spikecim.chips.spec import ChipSpec
from spikecim.errors import ParameterError
from spikecim.network import Network


def build_with_classes(
    chip: ChipSpec, network: Network, errors: Set[str], seed: int, chip_index: int = 0, *, after_s: float = 0.0
) -> VirtualChip:
    """Program virtual chip `chip_index` with `network`, and only the error classes in `errors`.

    Parameters
    ----------
    errors : set of str
        From `chips.classes.CLASSES`.
    after_s : float
        Seconds since programming, which is fluctuation: without that class no time passes.

    Raises
    ------
    ParameterError
        If a class is unknown or without effect, or the network does not know its real weights.
    """
    check_classes(errors)
    taken = remainder(network)
    if QUANTISATION in errors and not taken.any():
        raise ParameterError(
            f"error class {QUANTISATION}: without effect on network {network.name}, whose weights were whole before"
        )
    made = build(with_classes(chip, errors), network, seed, chip_index)
    if after_s and FLUCTUATION in errors:
        made = made.after(after_s)
    if QUANTISATION in errors:
        return made
    lost = np.rint(made.unit * taken).astype(np.int32)
    return replace(made, program=made.program.with_(charge=made.program.charge + np.stack([lost, -lost])))


def remainder(network: Network) -> NDArray[np.float64]:
    """What rounding and clipping took from the real weights, in units, (n_in, n_out).

    Raises
    ------
    ParameterError
        If the network does not know its real weights.
    """
    if network.real is None:
        raise ParameterError(
            f"network {network.name} does not know its real weights; train it again with `spikecim train`"
        )
    return np.asarray(network.real, np.float64) - network.weights
