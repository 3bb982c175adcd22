"""A torch network on analog multiply arrays as the subject of a mitigation study."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from spikecim.analog.aware import train_aware
from spikecim.analog.calibrate import calibrate
from spikecim.analog.convert import convert
from spikecim.analog.deploy import deploy
from spikecim.analog.task import Batches
from spikecim.mitigate.analog_arrays import array_rows
from spikecim.mitigate.analog_blocks import accuracies, blocks_of, digest_of, first, small
from spikecim.mitigate.analog_plan import check_cures, correction_of, plan_of, schedule_of, task_of
from spikecim.mitigate.folder import WEIGHTS
from spikecim.mitigate.spec import FOR, Condition, Cure, MitigationStudy
from spikecim.mitigate.subject import Accuracies, Measured
from spikecim.models.extras import needs
from spikecim.progress import Tick

with needs("torch", "a mitigation study of a torch network"):
    from torch import nn

# Samples of the validation split; calibration looks at a part of each batch, so many small ones show it more: at 8 bits
# the Transformer has 96.0 % of its validation words with one batch of 256, 99.6 % with eight of 32.
CALIBRATED_ON, CALIBRATED_BY = 256, 32
_DRAWN = frozenset({"fluctuation", "stuck"})


class AnalogSubject:
    """Deploys virtual chips of one network; retrained networks are kept in `out`.

    Parameters
    ----------
    study : MitigationStudy
        Of kind "analog".
    out : Path
        Folder of the study.

    Raises
    ------
    ParameterError, DataError
        If network, device or wires cannot be, or a class has no effect.
    """

    def __init__(self, study: MitigationStudy, out: Path) -> None:
        self.study, self.out = study, out
        check_cures(study)
        self.plan, self.task = plan_of(study), task_of(study)
        self.float = self.task.module().eval()
        self.blocks = blocks_of(self.task.test(study.images), study.blocks, study.images)
        # A class without effect is told before the first chip, not after hours.
        for condition in study.conditions:
            convert(self.float, self.plan, condition.errors)
        self._made: tuple[object, nn.Module] | None = None

    def digest(self) -> str:
        """Weights and samples, and the device, whose file may change behind the study's back."""
        device = hashlib.sha256(repr(self.plan).encode()).hexdigest()[:16]
        return f"{digest_of(self.float, self.blocks)}-{device}"

    def algorithm(self) -> Accuracies:
        """The float network."""
        return accuracies(self.task, self.float, self.blocks)

    def ideal(self) -> Accuracies:
        """Arrays with every class off."""
        analog = self._converted(frozenset())
        deploy(analog, self.study.seed, 0)
        return accuracies(self.task, analog, self.blocks)

    def alike(self, condition: Condition) -> bool:
        return not condition.errors & _DRAWN

    def needs(self, cure: Cure) -> str:
        return cure.needs

    def before(self, condition: Condition, chip: int) -> Measured:
        analog = self._kept(("before", condition.errors), lambda: self._converted(condition.errors))
        return self._measured(analog, chip, None)

    def trained_against(self, condition: Condition, cure: Cure) -> frozenset[str]:
        """All classes, but the wire drop is left to the map correction where there is one."""
        if not cure.retrains:
            return frozenset()
        corrected = "map-correction" in cure.parts and condition.errors != {"wires"}
        return condition.errors - {"wires"} if corrected else condition.errors

    def prepare(self, condition: Condition, cure: Cure, tick: Tick) -> None:
        if cure.retrains:
            self._trained(condition, cure, tick)

    def after(self, condition: Condition, cure: Cure, chip: int) -> Measured:
        def made() -> nn.Module:
            if not cure.retrains:
                return self._converted(condition.errors)
            trained = self._trained(condition, cure)
            if self.trained_against(condition, cure) == condition.errors:
                return trained
            # The same arrays with what training left to the correction; ranges of converters stay those trained with.
            analog = self._converted(condition.errors)
            analog.load_state_dict(trained.state_dict())
            return analog

        key = ("after", condition.errors, self.trained_against(condition, cure))
        return self._measured(self._kept(key, made), chip, cure)

    def _kept(self, key: object, make: Any) -> nn.Module:
        """The network of the last call, if it is the same."""
        if self._made is None or self._made[0] != key:
            self._made = (key, make())
        return self._made[1]

    def _converted(self, errors: frozenset[str]) -> nn.Module:
        analog = convert(self.float, self.plan, errors)
        calibrate(analog, self._calibration)
        return analog.eval()

    @cached_property
    def _calibration(self) -> Batches:
        return small(first(self.task.validation(), CALIBRATED_ON), CALIBRATED_BY)

    def _trained(self, condition: Condition, cure: Cure, tick: Tick | None = None) -> nn.Module:
        """The retrained network; read from the folder if it is there."""
        errors, schedule = self.trained_against(condition, cure), schedule_of(self.study, condition.name)
        # A condition with a table of its own shares its training with no other.
        own = condition.name if condition.name in self.study.retraining.get(FOR, {}) else ""
        trained = train_aware(
            task_of(self.study, own) if own else self.task,
            self.plan,
            errors,
            schedule,
            self.out / WEIGHTS / (f"{own}." * bool(own) + "-".join(sorted(errors))),
            self.study.seed,
            lambda _, done, total: tick(done, total) if tick else None,
        )
        if schedule.quantisers != "learned":
            # Weights have moved since training set the ranges of its converters.
            calibrate(trained, self._calibration)
        return trained

    def _measured(self, analog: nn.Module, chip: int, cure: Cure | None) -> Measured:
        correction = None if cure is None else correction_of(self.study, cure)
        reports = deploy(analog, self.study.seed, chip, correction=correction)
        blocks = accuracies(self.task, analog, self.blocks)
        return Measured(blocks=blocks, layers=array_rows(analog, reports, self.plan) if chip == 0 else ())
