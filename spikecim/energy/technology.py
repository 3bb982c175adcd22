"""What the chip's energy might be at another node: a projection, never a measurement.

Two kinds, both labelled: the factors that CEA-Leti claims for 28 nm, and the second-order polynomials of Stillmaker and
Baas (Integration 58, 2017, doi 10.1016/j.vlsi.2017.02.002), fitted to simulated digital gates from 180 to 7 nm:
energy ~ a2 V^2 + a1 V + a0 with coefficients for each node.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from spikecim.errors import ParameterError, hint

STILLMAKER = (
    "Stillmaker and Baas, Integration 58, 2017, doi 10.1016/j.vlsi.2017.02.002; the paper's tables were not readable, "
    "coefficients are from a public transcription (github.com/wromaszkan/nodeScale) that agrees with a second one and "
    "with the authors' own worked example (corrigendum: 65 nm at 1.3 V to 32 nm at 0.9 V, 0.4571 / 2.604)"
)
CLAIMED = "eeNews Europe, December 2019: at 28 nm energy / 10, density x 30 (Leti's own claim; no working is given)"
# Energy, a2 V^2 + a1 V + a0; HP is the high-performance, LP the low-power device of a node.
ENERGY = {
    "180": (24.64, -17.98, 0.0),
    "130": (7.171, -6.709, 2.904),
    "90": (4.762, -4.781, 2.092),
    "65": (3.755, -4.398, 1.975),
    "45 HP": (1.018, -0.3107, 0.1539),
    "45 LP": (1.103, -0.362, 0.2767),
    "32 HP": (0.8367, -0.4341, 0.1701),
    "32 LP": (0.9559, -0.7823, 0.471),
    "20 HP": (0.373, -0.1582, 0.04104),
    "20 LP": (0.2632, -0.14, 0.06841),
    "14 HP": (0.2363, -0.09675, 0.02239),
    "14 LP": (0.1556, -0.06472, 0.03066),
    "7 HP": (0.1776, -0.09097, 0.02447),
    "7 LP": (0.09365, -0.03409, 0.02043),
}
# Area of a circuit of 130 nm at each node, relative.
AREA_FROM_130 = {"130": 1.0, "90": 0.44, "65": 0.23, "45": 0.16, "32": 0.072, "20": 0.033, "14": 0.027, "7": 0.0092}
# What follows a current and the supply it flows from, and no gate: cells, clamps and injectors, comparators, packets of
# charge, standing bias.
ANALOG = ("cell_read", "clamp_injector", "comparator", "reset_packet", "static")


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Factors from 130 nm to another node.

    Attributes
    ----------
    label : str
        For a table: ``"28 nm, as claimed"``.
    kind : str
        ``"as claimed"`` or ``"published polynomials"``.
    node_nm : float
    supply : float or None
        Volt at the new node; None where the claim names none.
    energy : float
        Energy of a digital gate there, relative to here.
    analog_energy : float
        The same for `ANALOG` parts: the claim makes no difference; the polynomials speak of the switching energy of
        gates only, so currents (and how long they flow) keep their size and only the supply they flow from changes.
    density : float
        Circuits on the same area, relative to here.
    source, note : str
    """

    label: str
    kind: str
    node_nm: float
    supply: float | None
    energy: float
    analog_energy: float
    density: float
    source: str
    note: str

    def factor(self, part: str) -> float:
        """What a part of the ledger is multiplied with."""
        return self.analog_energy if part in ANALOG else self.energy


def energy_ratio(from_node: str, from_supply: float, to_node: str, to_supply: float) -> float:
    """Energy at one node and supply relative to another, by the published polynomials.

    Raises
    ------
    ParameterError
        For a node that the polynomials do not have.
    """
    return _polynomial(to_node, to_supply) / _polynomial(from_node, from_supply)


def _polynomial(node: str, supply: float) -> float:
    if node not in ENERGY:
        raise ParameterError(
            f"technology node {node!r} is unknown; {hint(node, ENERGY, 'known: ' + ', '.join(ENERGY))}"
        )
    a2, a1, a0 = ENERGY[node]
    return a2 * supply**2 + a1 * supply + a0


def projections(supply: float, new_supply: float = 0.9) -> tuple[Projection, ...]:
    """From 130 nm at `supply` volt to 28 nm as claimed, and by the polynomials to 32, 28 and 20 nm at `new_supply`."""
    claimed = Projection(
        label="28 nm, as claimed",
        kind="as claimed",
        node_nm=28.0,
        supply=None,
        energy=1 / 10,
        analog_energy=1 / 10,
        density=30.0,
        source=CLAIMED,
        note="one factor for the whole chip",
    )
    found = [claimed]
    for device in ("HP", "LP"):
        ends = {nm: energy_ratio("130", supply, f"{nm} {device}", new_supply) for nm in (32, 20)}
        between = {nm: _between(nm, ends) for nm in (32, 28, 20)}
        found += [_by_polynomials(nm, device, ratio, supply, new_supply) for nm, ratio in between.items()]
    return tuple(found)


def _by_polynomials(nm: int, device: str, energy: float, supply: float, new_supply: float) -> Projection:
    area = _between(nm, {size: AREA_FROM_130[str(size)] for size in (32, 20)})
    extra = "; 28 nm is no node of theirs: a power law between 32 and 20 nm" if nm == 28 else ""
    return Projection(
        label=f"{nm} nm {device}, polynomials",
        kind="published polynomials",
        node_nm=float(nm),
        supply=new_supply,
        energy=energy,
        analog_energy=new_supply / supply,
        density=1.0 / area,
        source=STILLMAKER,
        note="logic and link as digital gates (pads may not follow); all of the core, standing power too, keeps its "
        "currents "
        "and its times, only the supply changes: what a redesigned clamp, comparator or capacitor would save is not "
        f"in it{extra}",
    )


def _between(nm: int, ends: dict[int, float]) -> float:
    """Power law through the two `ends`."""
    (first, at_first), (last, at_last) = ends.items()
    part = math.log(nm / first) / math.log(last / first)
    return float(at_first ** (1.0 - part) * at_last**part)
