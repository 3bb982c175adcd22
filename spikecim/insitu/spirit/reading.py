"""The command line's words for a learning study, checked."""

from __future__ import annotations

import math

import numpy as np

from spikecim.chips.spec import ChipSpec
from spikecim.datasets import load
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.drift import read_drift
from spikecim.insitu.spirit.lessons import DATA
from spikecim.insitu.spirit.spec import EVERYTHING, LearnStudy, conditions_of
from spikecim.toml import one_of

NEW_CLASS = 9


def study_of(
    chip: ChipSpec,
    *,
    data: str,
    new_class: int | None,
    drift: str | None,
    rules: str,
    rehearsals: str,
    rates: str,
    batches: int,
    batch: int,
    chips: int,
    images: int | None,
    validation: int,
    limit: int | None,
    seed: int,
) -> LearnStudy:
    """A study from text; a new class is number 9 if neither it nor a drift is given.

    Raises
    ------
    ParameterError
        For the first word that cannot be read.
    """
    if new_class is not None and drift is not None:
        raise ParameterError(f"--new-class {new_class} and --drift {drift}: give one of them")
    read = None if drift is None else read_drift(drift)
    chosen = NEW_CLASS if new_class is None and drift is None else new_class
    numbers = tuple(_rehearsal(word) for word in _words(rehearsals, "--rehearsal"))
    conditions = conditions_of(tuple(_words(rules, "--rule")), numbers, drift=read is not None)
    return LearnStudy(
        data=one_of(data, DATA, "--data"), new_class=chosen, drift=read, conditions=conditions,
        rates=tuple(_rate(word) for word in _words(rates, "--rates")), batches=batches, batch=batch, chips=chips,
        images=images, validation=validation, limit=limit, seed=seed, chip=chip.name, chip_digest=chip.digest(),
    )  # fmt: skip


def check_rehearsal(study: LearnStudy) -> None:
    """Refuse to keep more images of each old class than the smallest one has; reads the labels.

    Raises
    ------
    ParameterError
        Naming the number and what there is.
    SpikecimError
        What the data set raises.
    """
    asked = max(condition.rehearsal for condition in study.conditions)
    if asked < 1:
        return
    labels = load(study.data, "fit", limit=study.limit).labels
    known = labels if study.new_class is None else labels[labels != study.new_class]
    least = int(np.unique(known, return_counts=True)[1].min(initial=len(known)))
    if asked > least:
        raise ParameterError(
            f"--rehearsal {asked}: the smallest old class of {study.data} has {least:,} training images; "
            f"give up to {least}, or all"
        )


def _words(text: str, option: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ParameterError(f"{option} {text!r}: give words separated by single commas")
    return words


def _rehearsal(word: str) -> int:
    if word in ("none", "all"):
        return 0 if word == "none" else EVERYTHING
    if not word.isdecimal() or int(word) < 1:
        raise ParameterError(f"--rehearsal {word!r}: give none, all, or how many images of each old class, 1 or more")
    return int(word)


def _rate(word: str) -> float:
    try:
        rate = float(word)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise ParameterError(f"--rates {word!r}: give numbers above 0")
    return rate
