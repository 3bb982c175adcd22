"""Which subject a study is done on, by its kind."""

from __future__ import annotations

from pathlib import Path

from spikecim.errors import ParameterError
from spikecim.mitigate.spec import CHIP_RETRAIN, MitigationStudy
from spikecim.mitigate.subject import Subject


def open_subject(study: MitigationStudy, out: Path) -> Subject:
    """Return the subject of `study`; retrained weights are kept in the folder `out`.

    Raises
    ------
    MissingExtraError
        If a network of torch is asked for and the extra is not installed.
    ParameterError
        If a table of the hardware cannot be.
    """
    if study.kind == "spirit":
        from spikecim.mitigate.spirit_subject import SpiritSubject

        return SpiritSubject(study, out)
    for name, cures in study.cures.items():
        if any(CHIP_RETRAIN in cure.parts for cure in cures):
            raise ParameterError(
                f"study {study.name}: cures.{name}: {CHIP_RETRAIN!r} is for studies of kind spirit; for one analog "
                "chip give its map to spikecim.analog.aware.train_aware(chip_map=...)"
            )
    from spikecim.mitigate.analog_subject import AnalogSubject

    return AnalogSubject(study, out)
