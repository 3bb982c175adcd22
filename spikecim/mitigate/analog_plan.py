"""From the tables of a study to the arrays, the network and the correction of an analog subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spikecim.analog.schedule import AwareSchedule, schedule_from
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.crossbar.wires import Wires
from spikecim.devices.library import load_device
from spikecim.errors import ParameterError
from spikecim.mitigate.defaults import UNITS
from spikecim.mitigate.spec import FOR, Cure, MitigationStudy
from spikecim.mitigation.correction import Correction
from spikecim.units import parse_quantity

if TYPE_CHECKING:
    from spikecim.analog.task import Task

TRANSFORMER = "transformer"
# The class that each correction works on; without it a correction would change nothing, or only do harm.
WORKS_ON = {
    "map-correction": "wires",
    "remap": "stuck",
    "polarity": "stuck",
    "cell-choice": "stuck",
    "spare-columns": "stuck",
}


def plan_of(study: MitigationStudy) -> ArrayPlan:
    """The arrays that the study describes.

    Raises
    ------
    ParameterError
        If the device is unknown, or sizes, bits or wires cannot be.
    """
    array, wires = dict(study.hardware["array"]), dict(study.hardware["wires"])
    ohms: dict[str, Any] = {key: parse_quantity(wires.pop(key), unit) for key, unit in UNITS["wires"].items()}
    seconds = parse_quantity(array.pop("age"), "second")
    device = study.hardware["device"]
    try:
        return ArrayPlan(
            **{**array, "cell_bits": array["cell_bits"] or None},
            device=load_device(device["name"], device["set"]),
            wires=Wires(**wires, **ohms),
            seconds=seconds,
        )
    except ParameterError as error:
        raise ParameterError(f"study {study.name}: {error}") from None


def retraining_of(study: MitigationStudy, condition: str) -> dict[str, Any]:
    """The table of retraining for one condition, or "" for what holds for all."""
    common = {key: value for key, value in study.retraining.items() if key != FOR}
    return {**common, **study.retraining.get(FOR, {}).get(condition, {})}


def task_of(study: MitigationStudy, condition: str = "") -> Task:
    """Network and data by the name of the network; needs the extra ``torch``."""
    from spikecim.analog.tasks import image_task, translation_task

    samples = retraining_of(study, condition)["train_samples"]
    if study.network in (TRANSFORMER, f"{TRANSFORMER}-made"):
        return translation_task(**({"n_train": samples} if samples else {}))
    return image_task(study.network, n_train=samples or None)


def schedule_of(study: MitigationStudy, condition: str = "") -> AwareSchedule:
    """How the study retrains for one condition."""
    table = retraining_of(study, condition)
    return schedule_from({key: value for key, value in table.items() if key != "train_samples"})


def correction_of(study: MitigationStudy, cure: Cure) -> Correction | None:
    """What `cure` does to each chip before programming; None if nothing."""
    if not cure.corrections:
        return None
    told, parts = study.correction, cure.corrections
    return Correction(
        wires="map-correction" in parts,
        steps=told["steps"],
        lost_share=told["lost_share"],
        remap="remap" in parts,
        polarity="polarity" in parts,
        cell_choice="cell-choice" in parts,
        spares=told["spare_columns"] if "spare-columns" in parts else 0,
    )


def check_cures(study: MitigationStudy) -> None:
    """Say before anything runs which cure cannot be, or would be without effect.

    Raises
    ------
    ParameterError
        Naming condition, cure and what it works on.
    """
    for condition in study.conditions:
        for cure in study.cures.get(condition.name, ()):
            place = f"study {study.name}: cures.{condition.name}: {cure.name!r}"
            for part in cure.corrections:
                if WORKS_ON[part] not in condition.errors:
                    known = [name for name, kind in WORKS_ON.items() if kind in condition.errors]
                    raise ParameterError(
                        f"{place}: {part} has no effect without {WORKS_ON[part]} errors; "
                        f"allowed here: {', '.join(('retrain', *known))}"
                    )
            if "spare-columns" in cure.parts and not study.correction["spare_columns"]:
                raise ParameterError(f"{place}: correction.spare_columns is 0; give 1 or more, or leave the cure out")
            try:
                correction_of(study, cure)
            except ParameterError as error:
                raise ParameterError(f"{place}: {error}") from None
