"""The same network in formal coding at 130 nm: joules per multiply-accumulate, bare and with its memory traffic.

Constants: Horowitz (ISSCC 2014, doi 10.1109/ISSCC.2014.6757323) at 45 nm and 0.9 V. Scaled to 130 nm by L V^2 (low) and
by (L ratio)^2 (high).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.models.blocks import fold
from spikecim.models.layers import Convolution, Dense
from spikecim.models.model import AnnModel, macs_of

# pJ at 45 nm, 0.9 V (Horowitz, ISSCC 2014).
INT8_ADD, INT8_MULTIPLY, SRAM_8KB_PER_8_BYTES = 0.03, 0.2, 10.0
NODE_NM, NODE_V = 45.0, 0.9


@dataclass(frozen=True, kw_only=True)
class FormalMac:
    """Energy of one formal-coded 8-bit MAC at `node_nm`, `supply` volt.

    Attributes
    ----------
    bare_pj : (float, float)
        Adder and multiplier alone, (low, high) over the two scaling rules.
    with_memory_pj : (float, float)
        The same plus one weight and one input byte from an 8 KB SRAM.
    """

    bare_pj: tuple[float, float]
    with_memory_pj: tuple[float, float]


def formal_mac(node_nm: float, supply: float) -> FormalMac:
    """Scale the 45 nm constants to another node."""
    length = node_nm / NODE_NM
    scales = (length * (supply / NODE_V) ** 2, length**2)
    bare = INT8_ADD + INT8_MULTIPLY
    memory = 2.0 * SRAM_8KB_PER_8_BYTES / 8.0
    return FormalMac(
        bare_pj=(scales[0] * bare, scales[1] * bare),
        with_memory_pj=(scales[0] * (bare + memory), scales[1] * (bare + memory)),
    )


@dataclass(frozen=True, kw_only=True)
class FormalNetwork:
    """A whole network in formal coding: every MAC of every layer is done for every image, zeros included.

    Attributes
    ----------
    macs : int64 (n_layers,)
        Of the dense layers and convolutions, batch norms folded; average pools and biases are given for free.
    bare_pj, with_memory_pj : float64 (n_layers, 2)
        Energy of one image, (low, high) over the two scaling rules.
    """

    macs: NDArray[np.int64]
    bare_pj: NDArray[np.float64]
    with_memory_pj: NDArray[np.float64]


def formal_network(model: AnnModel, mac: FormalMac) -> FormalNetwork:
    """What `model` costs in formal coding. No weight is reused and none comes from farther away than 8 KB of SRAM."""
    folded = fold(model)
    macs = np.array(
        [
            macs_of(layer, shape)
            for layer, shape in zip(folded.layers, folded.shapes()[:-1], strict=True)
            if isinstance(layer, Dense | Convolution)
        ],
        np.int64,
    )
    return FormalNetwork(
        macs=macs,
        bare_pj=macs[:, None] * np.array(mac.bare_pj),
        with_memory_pj=macs[:, None] * np.array(mac.with_memory_pj),
    )
