"""What a learning study is: the task, its conditions, the rates to choose from, chips and images."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from spikecim.errors import ParameterError
from spikecim.insitu.spirit.drift import Drift
from spikecim.insitu.spirit.lessons import DATA_WORDS
from spikecim.insitu.spirit.plan import ALL, NEW, Plan

DELTA, STDP, OFFLINE = "delta", "stdp", "offline"
RULES = (DELTA, STDP)
EVERYTHING = -1  # in `Condition.rehearsal`: every training image of what is known
TUNING_CHIPS = 3


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One way to learn.

    Attributes
    ----------
    name : str
    rule : str
        ``"delta"``, ``"stdp"``, or ``"offline"``: the chip is programmed anew with weights trained on everything.
    updates : str
        ``"all"`` neurons are written, or only the ``"new"`` one.
    rehearsal : int
        Images of each old class that the host keeps; 0 for none, `EVERYTHING` for all of them.
    new_share : float
        Share of a batch that shows what is new.
    """

    name: str
    rule: str
    updates: str = ALL
    rehearsal: int = 0
    new_share: float = 1.0

    def needs(self, n_old: int) -> str:
        """What data the host must hold, of `n_old` old classes."""
        if self.rule == OFFLINE:
            return "all training images, and a training off the chip"
        if self.rehearsal == 0:
            return "labelled images of what is new"
        if self.rehearsal == EVERYTHING:
            return "all training images, old and new"
        return f"new images, and {self.rehearsal} old images a class ({self.rehearsal * n_old} in all)"


@dataclass(frozen=True, kw_only=True)
class LearnStudy:
    """A study of learning on SPIRIT.

    Attributes
    ----------
    data : str
    new_class : int or None
        The class that is learned last; None for a drift.
    drift : Drift or None
    conditions : tuple of Condition
    rates : tuple of float
        Of which the best on validation images is taken, for each condition.
    batches, batch : int
    chips : int
    images : int or None
        Test images of what is old and of what is new, each; all for None.
    validation : int
        Validation images that rates are chosen by, in the proportion of the exam.
    limit : int or None
        Only the first images of every split, for a quick look.
    seed : int
    chip, chip_digest : str
    """

    data: str
    new_class: int | None
    drift: Drift | None
    conditions: tuple[Condition, ...]
    rates: tuple[float, ...]
    batches: int
    batch: int
    chips: int
    images: int | None
    validation: int
    limit: int | None
    seed: int
    chip: str
    chip_digest: str

    def __post_init__(self) -> None:
        if (self.new_class is None) == (self.drift is None):
            raise ParameterError("learn: give a new class or a drift, one of them")
        if not self.rates or any(not (math.isfinite(rate) and rate > 0) for rate in self.rates):
            raise ParameterError(f"rates {', '.join(map(str, self.rates)) or 'none'}: give numbers above 0")
        if len(set(self.rates)) < len(self.rates):
            raise ParameterError(f"rates {', '.join(map(str, self.rates))}: one comes twice")
        for name in ("batches", "batch", "chips", "validation"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} {getattr(self, name)}: must be at least 1")
        if not self.conditions:
            raise ParameterError("learn: no condition; give a rule and a rehearsal")

    @property
    def title(self) -> str:
        """One line."""
        data = DATA_WORDS.get(self.data, self.data)
        if self.drift is not None:
            return f"SPIRIT learns a drifted input: {data} {self.drift.words()}"
        return f"SPIRIT learns class {self.new_class} of {data} after the others"

    def plan(self, condition: Condition, rate: float) -> Plan:
        """How `condition` learns at `rate`."""
        return Plan(
            rate=rate,
            batches=self.batches,
            batch=self.batch,
            new_share=condition.new_share if condition.rehearsal else 1.0,
            updates=condition.updates,
        )

    def describe(self) -> dict[str, Any]:
        """Plain data; what results depend on, but how many chips there shall be."""
        plain = asdict(self)
        plain["drift"] = None if self.drift is None else self.drift.text
        plain["rates"] = list(self.rates)
        plain["conditions"] = [asdict(condition) for condition in self.conditions]
        return plain


def conditions_of(rules: tuple[str, ...], rehearsals: tuple[int, ...], *, drift: bool) -> tuple[Condition, ...]:
    """The conditions of a study, weakest rehearsal first, and offline programming last.

    Parameters
    ----------
    drift : bool
        Whether all neurons are known from the start; a new class without rehearsal is learned twice, by its own neuron
        alone and by all.

    Raises
    ------
    ParameterError
        If a rule is unknown, or a rehearsal comes twice or is negative.
    """
    if len(set(rehearsals)) < len(rehearsals) or any(number < EVERYTHING for number in rehearsals):
        raise ParameterError("rehearsal: give none, all, or numbers of images a class, each once")
    found = []
    for rule in rules:
        if rule not in RULES:
            raise ParameterError(f"rule {rule!r} is unknown; allowed: {', '.join(RULES)}")
        for number in sorted(rehearsals, key=lambda n: math.inf if n == EVERYTHING else n):
            share = 0.5 if drift else 0.2
            if number == 0 and not drift:
                found.append(Condition(name=f"{rule}, no rehearsal, new neuron", rule=rule, updates=NEW))
            words = {0: "no rehearsal", EVERYTHING: "all images"}.get(number, f"{number} a class")
            found.append(Condition(name=f"{rule}, {words}", rule=rule, rehearsal=number, new_share=share))
    return (*found, Condition(name="programmed anew", rule=OFFLINE))
