"""SPIRIT, the spiking chip, as the subject of a mitigation study: weights rounded after training against aware ones."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.build import VirtualChip
from spikecim.chips import load_chip
from spikecim.chips.classes import FLUCTUATION, NONLINEARITY, QUANTISATION, STUCK, WIRES, with_classes
from spikecim.datasets.held_out import held_out_split
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError, hint
from spikecim.experiments.material import Material, check_preprocessing, material
from spikecim.explore.classes import build_with_classes
from spikecim.files import make_folder
from spikecim.mitigate.folder import WEIGHTS
from spikecim.mitigate.spec import NEEDS, RETRAIN, Condition, Cure, MitigationStudy
from spikecim.mitigate.subject import Accuracies, Measured, check_samples
from spikecim.mitigation.chip_cells import NEEDS as CELL_NEEDS
from spikecim.mitigation.chip_cells import CellTask, correct_cells
from spikecim.network import Network
from spikecim.progress import Tick
from spikecim.spikes import SpikeTrains
from spikecim.training.ready import load_network, ready_network, save_network
from spikecim.units import parse_quantity

_DRAWN = frozenset({FLUCTUATION, STUCK})
_ALLOWED = (RETRAIN, "cell-choice")
# The tables of charge that training looks weights up in know neither bent cells nor wires.
_UNSEEN = frozenset({NONLINEARITY, WIRES})


class SpiritSubject:
    """Builds and runs virtual SPIRIT chips on the event engine; retrained networks are kept in `out`.

    Parameters
    ----------
    study : MitigationStudy
        Of kind "spirit".
    out : Path
        Folder of the study.

    Raises
    ------
    ParameterError
        If the network does not fit, a class has no effect on the chip, or a cure is not one of a spiking chip.
    """

    def __init__(self, study: MitigationStudy, out: Path) -> None:
        told = study.hardware["chip"]
        self.study, self.out = study, out
        self.chip = load_chip(told["name"], dict(told["set"]))
        self.data, self.seconds = told["data"], parse_quantity(told["age"], "second")
        self.network = ready_network(study.network, self.chip.synapse.levels.value)
        check_preprocessing(self.chip, self.network)
        check_samples(len(self._test.labels), study.images)
        _check_cures(study)
        if any(cure.retrains for cures in study.cures.values() for cure in cures):
            # A missing extra is told now, not when all chips have been measured.
            importlib.import_module("spikecim.analog.spirit_aware")
        for condition in study.conditions:
            with_classes(self.chip, condition.errors)

    def digest(self) -> str:
        """Chip, weights, images and labels."""
        hashed = hashlib.sha256(self.chip.digest().encode())
        real = self.network.weights if self.network.real is None else self.network.real
        for part in (self.network.weights, real, self._test.values, self._test.labels):
            hashed.update(np.ascontiguousarray(part).tobytes())
        return hashed.hexdigest()[:16]

    def algorithm(self) -> Accuracies:
        """The weights before they were rounded, on grey values."""
        real = self.network.weights if self.network.real is None else self.network.real
        return self._blocks(np.argmax(self._test.values @ real, axis=1))

    def ideal(self) -> Accuracies:
        """Spikes, but cells and neurons without any error."""
        return self._run(self.built(self.network, frozenset(), 0))

    def alike(self, condition: Condition) -> bool:
        return not condition.errors & _DRAWN

    def needs(self, cure: Cure) -> str:
        """What `cure` must know."""
        told = {RETRAIN: NEEDS[RETRAIN], "cell-choice": CELL_NEEDS}
        return "; ".join(told[part] for part in cure.parts)

    def before(self, condition: Condition, chip: int) -> Measured:
        return Measured(blocks=self._run(self.built(self.network, condition.errors, chip)))

    def trained_against(self, condition: Condition, cure: Cure) -> frozenset[str]:
        """All classes but bent cells and wires, which training does not model."""
        return condition.errors - _UNSEEN if cure.retrains else frozenset()

    def prepare(self, condition: Condition, cure: Cure, tick: Tick) -> None:
        if not cure.retrains:
            return
        seen = self.trained_against(condition, cure)
        path = self._path(seen)
        if not path.exists():
            trained = self._train(seen, tick)
            make_folder(path.parent)
            save_network(trained, path)

    def after(self, condition: Condition, cure: Cure, chip: int) -> Measured:
        network = self.network
        if cure.retrains:
            network = load_network(self._path(self.trained_against(condition, cure)), self.chip.synapse.levels.value)
            if QUANTISATION not in condition.errors:
                # Trained as whole weights: there is no rounding to take back.
                network = replace(network, real=network.weights.astype(np.float32))
        made = self.built(network, condition.errors, chip)
        return Measured(blocks=self._run(chosen(made, network.weights) if "cell-choice" in cure.parts else made))

    def _path(self, errors: frozenset[str]) -> Path:
        return self.out / WEIGHTS / f"{'-'.join(sorted(errors))}.npz"

    def _train(self, errors: frozenset[str], tick: Tick) -> Network:
        from spikecim.analog.spirit_aware import Samples, SpiritRecipe, train_spirit

        train = material(self.chip, self.data, "train")
        fit, judged = held_out_split(len(train.labels))
        seconds = self.seconds if FLUCTUATION in errors else 0.0
        return train_spirit(
            with_classes(self.chip, errors),
            Samples(values=train.values[fit], labels=train.labels[fit]),
            Samples(values=train.values[judged], labels=train.labels[judged]),
            SpiritRecipe(**self.study.retraining, seconds=seconds),
            seed=self.study.seed,
            start=self.network,
            progress=lambda _, done, total: tick(done, total),
        )

    def built(self, network: Network, errors: frozenset[str], chip: int) -> VirtualChip:
        """Virtual chip `chip` with `network` and the classes in `errors`."""
        return build_with_classes(self.chip, network, errors, self.study.seed, chip, after_s=self.seconds)

    def _run(self, made: VirtualChip) -> Accuracies:
        record = EventEngine(keep_spikes=False).run(made.program, self._trains)
        return self._blocks(record.decisions.winners[:, made.program.margin_column(self.chip.decision.delta_s.value)])

    def _blocks(self, winners: NDArray[np.integer]) -> Accuracies:
        right = np.array_split(winners == self._test.labels, self.study.blocks)
        return np.array([block.mean() for block in right])

    @cached_property
    def _test(self) -> Material:
        return material(self.chip, self.data, "test", limit=self.study.images)

    @cached_property
    def _trains(self) -> SpikeTrains:
        return self.chip.rate_code().encode(self._test.values, self.study.seed)


def chosen(made: VirtualChip, weights: NDArray[np.int8]) -> VirtualChip:
    """The chip after its cells were read and chosen again."""
    future = made.future
    # What a chip without quantisation injects beside its cells.
    beside = made.program.charge - made.reads.charge
    task = CellTask(
        cell=future.cell,
        code=made.chip.synapse.weight_code(),
        weights=weights,
        units=made.trim.units,
        access_ohm=made.chip.array.access_resistance.value,
        seed=future.seed,
        path=future.path,
    )
    cells = correct_cells(future.fresh, task).cells
    found = replace(made, future=replace(future, fresh=cells)).at(made.past)
    return replace(found, program=found.program.with_(charge=found.reads.charge + beside))


def _check_cures(study: MitigationStudy) -> None:
    for condition in study.conditions:
        place = f"study {study.name}: cures.{condition.name}"
        for part in (part for cure in study.cures[condition.name] for part in cure.parts):
            if part not in _ALLOWED:
                near = hint(part, _ALLOWED, f"allowed: {', '.join(_ALLOWED)}")
                raise ParameterError(f"{place}: {part!r} is no cure of a spiking chip; {near}")
            if part == RETRAIN and condition.errors <= _UNSEEN:
                raise ParameterError(
                    f"{place}: training of a spiking layer does not see {' or '.join(sorted(_UNSEEN))}; leave it out"
                )
