"""SPIRIT, the spiking chip, as the subject of a mitigation study: weights rounded after training against aware ones."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.groups import injector_ratio
from spikecim.arrays.physical.of_chip import reading_of
from spikecim.build import VirtualChip
from spikecim.chips import load_chip
from spikecim.chips.classes import FLUCTUATION, QUANTISATION, STUCK, with_classes
from spikecim.chips.spec import ChipSpec
from spikecim.datasets.held_out import held_out_split
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError, hint
from spikecim.experiments.material import Material, check_preprocessing, material
from spikecim.experiments.spirit_aware import KNOWN_RATE, KNOWN_STEPS
from spikecim.explore.classes import build_with_classes
from spikecim.files import make_folder
from spikecim.mitigate.folder import WEIGHTS
from spikecim.mitigate.spec import CHIP_RETRAIN, NEEDS, RETRAIN, Condition, Cure, MitigationStudy
from spikecim.mitigate.subject import Accuracies, Measured, check_samples
from spikecim.mitigation.chip_cells import NEEDS as CELL_NEEDS
from spikecim.mitigation.chip_cells import CellTask, correct_cells
from spikecim.network import Network
from spikecim.progress import Tick
from spikecim.spikes import SpikeTrains
from spikecim.training.ready import load_network, ready_network, save_network
from spikecim.units import parse_quantity

Floats = NDArray[np.float64]
_DRAWN = frozenset({FLUCTUATION, STUCK})
_ALLOWED = (RETRAIN, CHIP_RETRAIN, "cell-choice")
_CHOICE_NEEDS = f"{CELL_NEEDS}: cells, the gains of the injectors and, where there are any, wires"


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
        if any(_trains(cure) for cures in study.cures.values() for cure in cures):
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
        told = {**NEEDS, "cell-choice": _CHOICE_NEEDS}
        return "; ".join(told[part] for part in cure.parts)

    def before(self, condition: Condition, chip: int) -> Measured:
        return Measured(blocks=self._run(self.built(self.network, condition.errors, chip)))

    def trained_against(self, condition: Condition, cure: Cure) -> frozenset[str]:
        """All classes that are on: the training sees every one (`spirit_chips`)."""
        return condition.errors if _trains(cure) else frozenset()

    def prepare(self, condition: Condition, cure: Cure, tick: Tick) -> None:
        if _trains(cure):
            self._trained(self.trained_against(condition, cure), None, tick)

    def after(self, condition: Condition, cure: Cure, chip: int) -> Measured:
        network = self.network
        if _trains(cure):
            known = chip if CHIP_RETRAIN in cure.parts else None
            network = self._trained(self.trained_against(condition, cure), known)
        made = self.built(network, condition.errors, chip)
        return Measured(blocks=self._run(chosen(made, network.weights) if "cell-choice" in cure.parts else made))

    def _trained(self, errors: frozenset[str], known: int | None, tick: Tick | None = None) -> Network:
        """The network retrained for `errors`, or for the chip `known`; read from the folder if it is there."""
        one = "" if known is None else f".chip{known}"
        path = self.out / WEIGHTS / f"{'-'.join(sorted(errors))}{one}.npz"
        if not path.exists():
            trained = self._train(errors, known, tick)
            make_folder(path.parent)
            save_network(trained, path)
        return load_network(path, self.chip.synapse.levels.value)

    def _train(self, errors: frozenset[str], known: int | None, tick: Tick | None) -> Network:
        from spikecim.analog.spirit_aware import Samples, SpiritRecipe, known_chip, train_spirit

        train = material(self.chip, self.data, "train")
        fit, judged = held_out_split(len(train.labels))
        seconds = self.seconds if FLUCTUATION in errors else 0.0
        recipe = SpiritRecipe(**self.study.retraining, seconds=seconds, rounded=QUANTISATION in errors)
        chip, start, draw = with_classes(self.chip, errors), self.network, None
        if known is not None:
            # As `spikecim train --chip-index` has it: from weights that suit all chips.
            recipe = replace(recipe, steps=min(KNOWN_STEPS, recipe.steps), rate=KNOWN_RATE, checks=1)
            start, draw = self._trained(errors, None), known_chip(chip, recipe, self.study.seed, known)
        return train_spirit(
            chip,
            Samples(values=train.values[fit], labels=train.labels[fit]),
            Samples(values=train.values[judged], labels=train.labels[judged]),
            recipe,
            seed=self.study.seed,
            draw=draw,
            start=start,
            progress=lambda _, done, total: tick(done, total) if tick else None,
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
    """The chip after its cells were read, with the gains and through the wires it has, and chosen again."""
    future, chip, trim = made.future, made.chip, made.trim
    # What a chip without quantisation injects beside its cells.
    beside = made.program.charge - made.reads.charge
    # 1, unless the injectors were trimmed on reads of the whole array.
    trimmed = trim.ratio / injector_ratio(trim.units, chip.array, made.unit)
    task = CellTask(
        cell=future.cell,
        code=chip.synapse.weight_code(),
        weights=weights,
        units=trim.units,
        access_ohm=chip.array.access_resistance.value,
        seed=future.seed,
        path=future.path,
        read=_sensed_by(chip),
        gains=trim.gains[:, None, :] * trimmed,
    )
    cells = correct_cells(future.fresh, task).cells
    found = replace(made, future=replace(future, fresh=cells)).at(made.past)
    return replace(found, program=found.program.with_(charge=found.reads.charge + beside))


def _sensed_by(chip: ChipSpec) -> Callable[[Floats], Floats] | None:
    """What the clamps receive of cells, ohm to S (n_in, n_out, n_cells); None if each is read as if it were alone."""
    reading = reading_of(chip.array, chip.cell, chip.wires)
    if reading.plain:
        return None
    return lambda ohm: reading.read(ohm.reshape(len(ohm), -1)).sensed.reshape(ohm.shape)


def _trains(cure: Cure) -> bool:
    return RETRAIN in cure.parts or CHIP_RETRAIN in cure.parts


def _check_cures(study: MitigationStudy) -> None:
    for condition in study.conditions:
        place = f"study {study.name}: cures.{condition.name}"
        for part in (part for cure in study.cures[condition.name] for part in cure.parts):
            if part not in _ALLOWED:
                near = hint(part, _ALLOWED, f"allowed: {', '.join(_ALLOWED)}")
                raise ParameterError(f"{place}: {part!r} is no cure of a spiking chip; {near}")
