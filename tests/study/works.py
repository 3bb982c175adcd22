"""What tests compute for a point in place of `evaluate`; processes of a pool import it by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from spikecim.errors import DataNotFoundError, ParameterError
from spikecim.streams import name_key
from spikecim.study.point import Point, evaluate
from spikecim.study.spec import Study

# A file in which each computation leaves a line "run design chip", and the name of the run.
COUNTED, RUN = "SPIKECIM_TEST_COUNTED", "SPIKECIM_TEST_RUN"


def cheap(study: Study, point: Point) -> dict[str, float]:
    """Numbers that depend on the point alone, and a while."""
    _count(point)
    time.sleep(0.002)
    return {
        name: name_key(study.seed, name, *map(str, point.design.values), point.chip_index) / 2**64
        for name in study.metrics
    }


def real(study: Study, point: Point) -> dict[str, float]:
    """The real thing, counted."""
    _count(point)
    return evaluate(study, point)


def sometimes_bad(study: Study, point: Point) -> dict[str, float]:
    """Fails for every third design, in two ways."""
    if point.design.number % 3 == 1:
        raise ParameterError(f"design {point.design.number} is out of\nrange")
    if point.design.number % 3 == 2 and point.chip_index:
        raise ZeroDivisionError
    return cheap(study, point)


def without_data(study: Study, point: Point) -> dict[str, float]:
    """This machine has no data, from the third design on."""
    if point.design.number > 1:
        raise DataNotFoundError("mnist is not here")
    return cheap(study, point)


def deadly(study: Study, point: Point) -> dict[str, float]:
    """Kills its process at one point."""
    if (point.design.number, point.chip_index) == (2, 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return cheap(study, point)


def _count(point: Point) -> None:
    if COUNTED in os.environ:
        line = f"{os.environ.get(RUN, '0')} {point.design.number} {point.chip_index}\n"
        file = os.open(os.environ[COUNTED], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, line.encode())
        os.close(file)


def counted(path: Path) -> list[tuple[int, int, int]]:
    """What `_count` wrote, as (run, design, chip)."""
    if not path.exists():
        return []
    whole = [line.split() for line in path.read_text().splitlines()]
    return [(int(run), int(design), int(chip)) for run, design, chip in whole]
