"""One chip of a study from programming to exam: what it knew, how it learned, what it knows, what that cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spikecim.build import build
from spikecim.chips.spec import ChipSpec
from spikecim.energy.ledger import CHIP_PARTS, account
from spikecim.engines.event import EventEngine
from spikecim.insitu.spirit.learn import Watch, learn
from spikecim.insitu.spirit.lessons import Exam, Images, Task
from spikecim.insitu.spirit.living_chip import LivingChip
from spikecim.insitu.spirit.plan import Plan
from spikecim.insitu.spirit.spec import OFFLINE, STDP, Condition
from spikecim.insitu.spirit.taught import Taught, taught_cells
from spikecim.program import Program
from spikecim.spikes import SpikeTrains
from spikecim.streams import name_key

CURVE_POINTS = 10
MOST_WRITES = 20  # writes of a cell that are told apart
ACCURACIES = tuple(f"{when}_{what}" for when in ("before", "after") for what in ("old", "new", "all"))
COUNTS = (
    "presented", "set_pulses", "reset_pulses", "set_writes", "reset_writes", "verify_reads", "given_up",
    "changed_weights", "writes_largest", "pulses_largest",
)  # fmt: skip
READS = tuple(f"read_{part}" for part in CHIP_PARTS)
WRITTEN = tuple(f"written_{times}" for times in range(MOST_WRITES + 1))
CURVE = tuple(f"curve_{what}_{point}" for what in ("old", "new") for point in range(CURVE_POINTS + 1))
COLUMNS = (*ACCURACIES, *COUNTS, *READS, *WRITTEN, *CURVE)
Marks = tuple[float, float, float]


class Examiner:
    """Runs programs on the images of one exam, encoded once.

    Parameters
    ----------
    images : int, optional
        How many, old and new in the proportion of the exam; all for None.
    """

    def __init__(self, chip: ChipSpec, exam: Exam, images: int | None, seed: int, name: str) -> None:
        whole = len(exam.old) + len(exam.new)
        share = 1.0 if images is None else min(1.0, images / whole)
        self.old, self.new = (part.head(max(1, round(share * len(part)))) for part in (exam.old, exam.new))
        key = name_key(seed, "learning", "exam", name)
        self._trains = [chip.rate_code().encode(part.values, key) for part in (self.old, self.new)]
        self._engine = EventEngine(keep_spikes=False)

    def marks(self, program: Program, asked: tuple[int, ...] | None = None) -> Marks:
        """Shares that `program` answers rightly: old, new, all; with `asked`, those neurons alone decide."""
        shown = program if asked is None else with_neurons(program, asked)
        neurons = np.arange(program.n_out) if asked is None else np.array(asked)
        right = [self._right(shown, neurons, *pair) for pair in zip(self._trains, (self.old, self.new), strict=True)]
        n_old, n_new = len(self.old), len(self.new)
        return right[0] / n_old, right[1] / n_new, sum(right) / (n_old + n_new)

    def _right(self, program: Program, neurons: NDArray[np.int64], trains: SpikeTrains, images: Images) -> int:
        winners = self._engine.run(program, trains).winners
        return int((neurons[winners] == images.labels).sum())


def with_neurons(program: Program, asked: tuple[int, ...]) -> Program:
    """The same program with only some of its neurons, in rising order: nobody looks at the others."""
    keep = list(asked)
    per_neuron = ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak")
    # Noise is drawn by place of the neuron, so that of those behind one left out is another; its statistics are not.
    return program.with_(
        charge=np.ascontiguousarray(program.charge[:, :, keep]),
        read_noise=np.ascontiguousarray(program.read_noise[:, keep]),
        **{name: np.ascontiguousarray(getattr(program, name)[keep]) for name in per_neuron},
    )


@dataclass(frozen=True, kw_only=True)
class Measurer:
    """Measures chips of one task.

    Attributes
    ----------
    chip : ChipSpec
    task : Task
    exam : Exam
        To judge by.
    images : int or None
        Of it.
    curve_images : int
        Validation images of every point of the curve.
    seed : int
        Of the chips, and of all that is presented.
    name : str
        Of the exam's input phases.
    """

    chip: ChipSpec
    task: Task
    exam: Exam
    images: int | None
    curve_images: int
    seed: int
    name: str

    @cached_property
    def examiner(self) -> Examiner:
        return Examiner(self.chip, self.exam, self.images, self.seed, self.name)

    @cached_property
    def _watcher(self) -> Examiner:
        return Examiner(self.chip, self.task.validation, self.curve_images, self.seed, "curve")

    def measure(self, condition: Condition, plan: Plan, chip_index: int) -> dict[str, float]:
        """All `COLUMNS` of virtual chip number `chip_index`; energies in pJ, accuracies as shares."""
        made = build(self.chip, self.task.start, self.seed, chip_index)
        before = self.examiner.marks(made.program, self.task.asked)
        curve = [self._watcher.marks(made.program, self.task.asked)[:2]]
        # Before the learning as after it, so that what is seen at the first point is what it starts from.
        marked = {round(plan.batches * k / CURVE_POINTS) for k in range(1, CURVE_POINTS + 1)}

        def watch(batches: int, now: Callable[[], Program]) -> None:
            if batches in marked:
                curve.append(self._watcher.marks(now())[:2])

        taught = self._taught(condition, plan, LivingChip(made), chip_index, watch)
        after = self.examiner.marks(taught.program)
        found = dict(zip(ACCURACIES, (*before, *after), strict=True))
        return {**found, **_counts(taught, self.task), **self._reads(taught), **_written(taught), **_curve(curve)}

    def _taught(self, condition: Condition, plan: Plan, living: LivingChip, chip_index: int, watch: Watch) -> Taught:
        if condition.rule == OFFLINE:
            return _programmed_anew(living, self.task)
        rehearsal = self.task.pool(None if condition.rehearsal < 0 else condition.rehearsal)
        given = rehearsal if condition.rehearsal else None
        if condition.rule == STDP:
            from spikecim.insitu.spirit.timing import learn_by_timing

            return learn_by_timing(living, self.task.new, given, plan, seed=self.seed, path=(chip_index,), watch=watch)
        course = learn(
            living, self.task.new, given, plan,
            engine=EventEngine(), seed=self.seed, path=(chip_index,), watch=watch,
        )  # fmt: skip
        return taught_cells(living, course.presented, course.actions)

    def _reads(self, taught: Taught) -> dict[str, float]:
        if taught.actions is None:
            return dict.fromkeys(READS, 0.0)
        ledger = account(
            taught.actions, self.chip.energy,
            tick_s=self.chip.tick_s, bits=self.chip.word_bits, n_out=self.chip.geometry.n_out.value,
        )  # fmt: skip
        return {f"read_{part}": float(ledger.parts[part].sum()) for part in CHIP_PARTS}


def _programmed_anew(living: LivingChip, task: Task) -> Taught:
    """The offline weights of everything on the same chip: cells that differ are written, once."""
    targets = living.made.chip.synapse.weight_code().targets(task.taught.weights)
    differ = (targets != living.cells.target) & ~living.given_up
    living.write(np.flatnonzero(differ), targets[differ], 0)
    return taught_cells(living, 0, None)


def _counts(taught: Taught, task: Task) -> dict[str, float]:
    writes, pulses = taught.set_writes + taught.reset_writes, taught.set_pulses + taught.reset_pulses
    sums = {name: float(getattr(taught, name).sum()) for name in COUNTS[1:5]}
    return {
        "presented": float(taught.presented),
        **sums,
        "verify_reads": float(taught.verify_reads),
        "given_up": float(taught.given_up),
        "changed_weights": float((taught.weights != task.start.weights).sum()),
        "writes_largest": float(writes.max()),
        "pulses_largest": float(pulses.max()),
    }


def _written(taught: Taught) -> dict[str, float]:
    writes = np.minimum(taught.set_writes + taught.reset_writes, MOST_WRITES)
    return dict(zip(WRITTEN, np.bincount(writes.ravel(), minlength=MOST_WRITES + 1).astype(float), strict=True))


def _curve(points: list[tuple[float, float]]) -> dict[str, float]:
    """A learning with fewer batches than points stays where it ended."""
    full = [*points, *[points[-1]] * (CURVE_POINTS + 1 - len(points))]
    return dict(zip(CURVE, (value for what in (0, 1) for value in (point[what] for point in full)), strict=True))


def row_of(found: Mapping[str, float]) -> tuple[float, ...]:
    """Values in the order of `COLUMNS`, for a journal."""
    return tuple(found[name] for name in COLUMNS)


def named(values: tuple[float, ...]) -> dict[str, float]:
    """The other way round."""
    return dict(zip(COLUMNS, values, strict=True))
