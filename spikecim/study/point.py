"""One point of a study, a virtual chip of one design: built, run, measured. Nothing outside (study, point) matters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError
from spikecim.experiments.codes import networks_by_levels
from spikecim.experiments.material import Material, check_preprocessing, held_out, material, network_for
from spikecim.network import Network
from spikecim.spikes import SpikeTrains
from spikecim.study.designs import Design
from spikecim.study.factors import AGE, LEVELS, QUANTISATION, REDUNDANCY, SPECIAL, Value
from spikecim.study.metrics import measure
from spikecim.study.spec import Study
from spikecim.training.ready import ready_network


@dataclass(frozen=True, kw_only=True)
class Point:
    """One virtual chip of one design: the same index is the same silicon lottery in every design."""

    design: Design
    chip_index: int


def evaluate(study: Study, point: Point) -> dict[str, float]:
    """Build the chip of `point`, run it on the study's images and return the study's metrics.

    Raises
    ------
    SpikecimError
        If the design is none: a value out of the chip's range, a network that does not fit.
    """
    values = dict(zip((factor.path for factor in study.factors), point.design.values, strict=True))
    chip = chip_of(study, values)
    network, trains = network_on(study, chip, values), trains_for(study, chip)
    virtual = build(chip, network, study.seed, point.chip_index)
    age = values.get(AGE, 0.0)
    if age:
        virtual = virtual.after(float(age))
    record = EventEngine(keep_spikes=False).run(virtual.program, trains)
    return measure(study.metrics, virtual, trains, record.decisions, images_for(study, chip).labels)


def chip_of(study: Study, values: dict[str, Value]) -> ChipSpec:
    """The chip of a design: the base chip with the factors' values."""
    changes = {f.path: f.text(values[f.path]) for f in study.factors if f.path not in SPECIAL}
    levels, copies = values.get(LEVELS), values.get(REDUNDANCY)
    if levels is not None or copies is not None:
        per_level = int(levels or _chip(study, ()).synapse.levels.value)
        changes |= dict.fromkeys(("synapse.levels", "injectors.full_weight"), per_level * int(copies or 1))
    return _chip(study, tuple(sorted(changes.items())))


def network_on(study: Study, chip: ChipSpec, values: dict[str, Value]) -> Network:
    """The network of a design, in units of single cells: weights grow with the redundancy."""
    copies = int(values.get(REDUNDANCY, 1))
    per_level = chip.synapse.levels.value // copies
    method = str(values.get(QUANTISATION, "")) or None
    preprocessing = chip.geometry.preprocessing.value
    network = _network(study, per_level, method, preprocessing)
    check_preprocessing(chip, network)
    if copies == 1:
        return network
    return replace(network, weights=(network.weights * copies).astype(np.int8), real=None)


def images_for(study: Study, chip: ChipSpec) -> Material:
    """The study's images on this chip's input grid."""
    geometry = chip.geometry
    return _images(study, (geometry.n_in.value, geometry.image_side.value, geometry.preprocessing.value))


def trains_for(study: Study, chip: ChipSpec) -> SpikeTrains:
    """The study's images as input spikes of this chip: one draw of phases for all designs and chips."""
    coding = tuple((path, p.value) for path, p in chip.parameters() if path.split(".")[0] in ("coding", "geometry"))
    return _trains(study, _Coded(key=(*coding, ("link.tick", chip.tick_s)), chip=chip))


# Caches of one process: what many points share is made once. They change the speed and never a result.


@lru_cache(maxsize=512)
def _chip(study: Study, changes: tuple[tuple[str, str | int | float], ...]) -> ChipSpec:
    chip = load_chip(study.chip, {**dict(study.overrides), **dict(changes)})
    if not changes and chip.digest() != study.chip_digest:
        raise ParameterError(f"study {study.name!r}: chip {study.chip!r} is no longer the one the study was read with")
    return chip


@lru_cache(maxsize=4)
def _images(study: Study, geometry: tuple[int, int, str]) -> Material:
    chip = _chip_with(study, geometry)
    limit = study.images or None
    if study.split == "test":
        return material(chip, study.data, "test", limit=limit)
    return held_out(material(chip, study.data, "train"), limit)


def _chip_with(study: Study, geometry: tuple[int, int, str]) -> ChipSpec:
    n_in, side, preprocessing = geometry
    changes = {"geometry.n_in": n_in, "geometry.image_side": side, "geometry.preprocessing": preprocessing}
    return load_chip(study.chip, {**dict(study.overrides), **changes})


@dataclass(frozen=True, eq=False)
class _Coded:
    """A chip of which only the coding counts."""

    key: tuple[tuple[str, object], ...]
    chip: ChipSpec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Coded) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=8)
def _trains(study: Study, coded: _Coded) -> SpikeTrains:
    values: NDArray[np.float64] = images_for(study, coded.chip).values
    return coded.chip.rate_code().encode(values, study.seed)


@lru_cache(maxsize=64)
def _network(study: Study, levels: int, method: str | None, preprocessing: str) -> Network:
    chip = load_chip(study.chip, {**dict(study.overrides), "geometry.preprocessing": preprocessing})
    own = chip.synapse.levels.value
    if study.network:
        if levels != own or method:
            raise ParameterError(
                f"study {study.name!r}: network {study.network!r} is fixed; weights.levels and network.quantisation "
                "need base.network left out"
            )
        return ready_network(study.network, own)
    if levels == own:
        return network_for(chip, study.data, method) if method else network_for(chip, study.data)
    if method:
        chip = load_chip(study.chip, {**dict(study.overrides), "synapse.levels": levels})
        return network_for(chip, study.data, method)
    return networks_by_levels(chip, study.data)(levels)
