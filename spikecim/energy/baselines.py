"""The same network in formal coding at 130 nm: joules per multiply-accumulate, bare and with its memory traffic.

Constants: Horowitz (ISSCC 2014, doi 10.1109/ISSCC.2014.6757323) at 45 nm and 0.9 V. Scaled to 130 nm by L V^2 (low), by
(L ratio)^2 (high) and by the polynomials of Stillmaker and Baas (typical), which lie between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.technology import STILLMAKER, energy_ratio
from spikecim.energy.uncertainty import triangular
from spikecim.models.blocks import block_macs
from spikecim.models.model import AnnModel
from spikecim.streams import stream

HOROWITZ = "Horowitz, ISSCC 2014, doi 10.1109/ISSCC.2014.6757323, at 45 nm and 0.9 V"
# pJ at 45 nm, 0.9 V (Horowitz, ISSCC 2014).
INT8_ADD, INT8_MULTIPLY, SRAM_8KB_PER_8_BYTES = 0.03, 0.2, 10.0
NODE_NM, NODE_V = 45.0, 0.9
# pJ of 8 bytes by the size of the array in bytes (the same source): as published for 8 KB, 32 KB and 1 MB.
SRAM_SIZES, SRAM_PJ = (8192.0, 32768.0, 1048576.0), (10.0, 20.0, 100.0)
SPIRIT_BYTES = 1440  # one byte for each of its weights
# The node whose polynomials are published, and the supplies they are meant for.
POLYNOMIAL_NM = 130.0


@dataclass(frozen=True, kw_only=True)
class Constant:
    """One number behind the formal MAC: what it may be at least, is taken for, and may be at most."""

    name: str
    low: float
    typical: float
    high: float
    unit: str
    source: str


@dataclass(frozen=True, kw_only=True)
class FormalMac:
    """Energy of one formal-coded 8-bit MAC at `node_nm`, `supply` volt.

    Attributes
    ----------
    bare_pj : (float, float)
        Adder and multiplier alone, (low, high) over the two scaling rules.
    with_memory_pj : (float, float)
        The same plus one weight and one input byte from an 8 KB SRAM.
    bare_typical_pj, with_memory_typical_pj : float
        The same under the typical scaling. Reports that draw take `constants` instead, which know the network's size.
    """

    bare_pj: tuple[float, float]
    with_memory_pj: tuple[float, float]
    bare_typical_pj: float
    with_memory_typical_pj: float


def formal_mac(node_nm: float, supply: float) -> FormalMac:
    """Scale the 45 nm constants to another node."""
    low, typical, high = scaling(node_nm, supply)
    bare = INT8_ADD + INT8_MULTIPLY
    moved = bare + 2.0 * SRAM_8KB_PER_8_BYTES / 8.0
    return FormalMac(
        bare_pj=(low * bare, high * bare),
        with_memory_pj=(low * moved, high * moved),
        bare_typical_pj=typical * bare,
        with_memory_typical_pj=typical * moved,
    )


def scaling(node_nm: float, supply: float) -> tuple[float, float, float]:
    """Energy at `node_nm` and `supply` relative to 45 nm and 0.9 V: low, typical, high.

    Away from 130 nm, and where the polynomials leave the two rules, the geometric mean of the rules is typical.
    """
    length = node_nm / NODE_NM
    low, high = sorted((length * (supply / NODE_V) ** 2, length**2))
    typical = float(np.sqrt(low * high))
    if node_nm == POLYNOMIAL_NM:
        fitted = energy_ratio("45 HP", NODE_V, "130", supply)
        typical = fitted if low <= fitted <= high else typical
    return low, typical, high


def sram_access(n_bytes: float) -> tuple[float, float, float]:
    """pJ of 8 bytes from an SRAM of `n_bytes` at 45 nm and 0.9 V: low, typical, high.

    Typical follows the published sizes, power laws between and beyond them (the root of the size below 8 KB). Low is
    half of it; high is twice, and at least the smallest array that is published.
    """
    sizes, pj = np.log(SRAM_SIZES), np.log(SRAM_PJ)
    place = 0 if n_bytes < SRAM_SIZES[1] else 1
    slope = (pj[place + 1] - pj[place]) / (sizes[place + 1] - sizes[place])
    typical = float(np.exp(pj[place] + slope * (np.log(n_bytes) - sizes[place])))
    return typical / 2, typical, max(2 * typical, SRAM_8KB_PER_8_BYTES)


def constants(node_nm: float, supply: float, *, weight_bytes: float = SPIRIT_BYTES) -> tuple[Constant, ...]:
    """All numbers behind `draw_mac`, with their sources and honest ranges, for a network of `weight_bytes`."""
    low, typical, high = scaling(node_nm, supply)
    sram = sram_access(weight_bytes)
    rules = f"low: length x V^2; high: length^2; typical: {STILLMAKER}"
    return (
        Constant(
            name="int8 add",
            low=INT8_ADD - 0.005,
            typical=INT8_ADD,
            high=INT8_ADD + 0.005,
            unit="pJ at 45 nm",
            source=f"{HOROWITZ}; range: half a printed unit",
        ),
        Constant(
            name="int8 multiply",
            low=INT8_MULTIPLY - 0.05,
            typical=INT8_MULTIPLY,
            high=INT8_MULTIPLY + 0.05,
            unit="pJ at 45 nm",
            source=f"{HOROWITZ}; range: half a printed unit",
        ),
        Constant(
            name="SRAM access of 8 bytes",
            low=sram[0],
            typical=sram[1],
            high=sram[2],
            unit="pJ at 45 nm",
            source=f"{HOROWITZ}: 10 pJ for 8 KB, 20 pJ for 32 KB, 100 pJ for 1 MB; an array just large enough for the "
            f"network's {weight_bytes:,.0f} bytes of weights, power laws between these (the root of the size below); "
            "range: half of that, to twice, and at least the 8 KB that were published",
        ),
        Constant(
            name="bytes fetched per MAC",
            low=1.1,
            typical=1.5,
            high=2.0,
            unit="bytes",
            source="a weight for each MAC, an input byte for two (typical: a datapath of two neurons), for ten (low: "
            "it is "
            "read once for SPIRIT's ten neurons) or for each (high). Sums stay in a register. A convolution that "
            "kept its "
            "weights from place to place would fetch less: not held by this range",
        ),
        Constant(name=f"45 nm to {node_nm:g} nm", low=low, typical=typical, high=high, unit="x", source=rules),
    )


def mac_pj(numbers: Sequence[float]) -> dict[str, float]:
    """pJ of a MAC from numbers in the order of `constants`, ``"bare"`` and ``"with_memory"``."""
    add, multiply, access, fetched, scale = numbers
    return {"bare": scale * (add + multiply), "with_memory": scale * (add + multiply + fetched * access / 8.0)}


def draw_mac(
    node_nm: float, supply: float, n: int, seed: int, *, weight_bytes: float = SPIRIT_BYTES
) -> Mapping[str, NDArray[np.float64]]:
    """Return `n` draws of the MAC in pJ, ``"bare"`` and ``"with_memory"``, each (n,), every constant over its range."""
    drawn = {
        constant.name: triangular(
            constant.low,
            constant.typical,
            constant.high,
            stream(seed, "energy", "formal", constant.name).random(n),
        )
        for constant in constants(node_nm, supply, weight_bytes=weight_bytes)
    }
    add, multiply, access, fetched, scale = drawn.values()
    bare = scale * (add + multiply)
    return {"bare": bare, "with_memory": bare + scale * fetched * access / 8.0}


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
    macs = np.array(block_macs(model), np.int64)
    return FormalNetwork(
        macs=macs,
        bare_pj=macs[:, None] * np.array(mac.bare_pj),
        with_memory_pj=macs[:, None] * np.array(mac.with_memory_pj),
    )
