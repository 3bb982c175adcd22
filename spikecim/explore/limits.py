"""How large an array may be: SPIRIT's network in the far corner of N x N arrays with real wires and leaking HRS cells.

All arrays hold the same virtual chips: cells, injectors and neurons are drawn once, and only what lies between a cell
and its clamp changes. An on/off ratio moves the HRS median and the verify limit below it by one factor; LRS stays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.groups import LONE_CELLS, READS
from spikecim.arrays.physical.of_chip import reading_of
from spikecim.arrays.physical.passive import RowReads
from spikecim.arrays.wires_spec import GATED, MOST_LINES, PASSIVE, WiresSpec
from spikecim.build import VirtualChip, build, rewired
from spikecim.chips.spec import ChipSpec
from spikecim.chips.values import set_values
from spikecim.energy.actions import actions_until
from spikecim.energy.ledger import account
from spikecim.engines.many import run_many
from spikecim.errors import ParameterError
from spikecim.explore.population import check_n_chips
from spikecim.network import Network
from spikecim.parameters import Parameter, read_section
from spikecim.progress import Stage, silent
from spikecim.results.limits import NO_WIRES, LimitPoint, LimitSetting, LimitStudy
from spikecim.spikes import SpikeTrains

OHMS, CURVE_OHMS = (0.1, 0.3, 1.0, 3.0), (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
RATIOS, SIDES = (5.0, 10.0, 20.0, 100.0), (144, 256, 512, 1024)
LEAK = 1e-10
_SOURCE = "varied by the study of limits"


@dataclass(frozen=True, kw_only=True)
class LimitScene:
    """What all arrays share.

    Attributes
    ----------
    chip : ChipSpec
        Without a wires table, or with one whose kind, driver, sense, leak and ends are kept.
    network : Network
    trains : SpikeTrains
    labels : int (n_samples,)
    ideal_accuracy : float
    n_chips, seed : int
    kinds, ohms, curve_ohms, ratios, sides : what to vary
        The chip's own ratio is always run.
    trim : str
        ``"reads"`` or ``"cells"``, see `arrays.groups.InjectorSpec`.
    leak : float
        Siemens of a switched-off transistor, gated arrays.
    facts : dict of str
    """

    chip: ChipSpec
    network: Network
    trains: SpikeTrains
    labels: NDArray[np.integer]
    ideal_accuracy: float
    n_chips: int = 20
    seed: int = 0
    kinds: Sequence[str] = (PASSIVE, GATED)
    ohms: Sequence[float] = OHMS
    curve_ohms: Sequence[float] = CURVE_OHMS
    ratios: Sequence[float] = RATIOS
    sides: Sequence[int] = SIDES
    trim: str = READS
    leak: float = LEAK
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the network's cells."""
        geometry = self.chip.geometry
        return geometry.n_in.value, geometry.n_out.value * self.chip.synapse.weight_code().cells_per_weight

    @property
    def own_ratio(self) -> float:
        return self.chip.cell.hrs.median.value / self.chip.cell.lrs.median.value

    def all_ratios(self) -> tuple[float, ...]:
        """The ratios asked for, and the chip's own, rising."""
        return tuple(sorted({*self.ratios, self.own_ratio}))

    def all_kinds(self) -> tuple[str, ...]:
        """The kinds asked for, or the only one that the chip states."""
        return tuple(self.kinds) if self.chip.wires is None else (self.chip.wires.kind.value,)


def study_limits(scene: LimitScene, progress: Stage = silent) -> LimitStudy:
    """Run every array on every virtual chip; an interrupt keeps the chips that are done.

    Raises
    ------
    ParameterError
        If a list is empty, a ratio is not finite or no more than 1, a side is smaller than the network or above 4,096,
        or no chip is asked for.
    """
    _check(scene)
    rows: list[NDArray[np.float64]] = []
    settings: list[LimitSetting] = []
    progress("virtual chips", 0, scene.n_chips)
    try:
        for index in range(scene.n_chips):
            programs = dict(_arrays(scene, index))
            settings = list(programs)
            rows.append(_measure(scene, list(programs.values())))
            progress("virtual chips", index + 1, scene.n_chips)
    except KeyboardInterrupt:
        if not rows:
            raise
    columns = np.array(rows).transpose(1, 2, 0)
    return LimitStudy(
        kinds=scene.all_kinds(),
        ohms=tuple(scene.ohms),
        ratios=scene.all_ratios(),
        sides=tuple(scene.sides),
        own_ratio=scene.own_ratio,
        curve_ohms=tuple(scene.curve_ohms),
        shape=scene.shape,
        points=tuple(
            LimitPoint(setting=setting, **dict(zip(_COLUMNS, values, strict=True)))
            for setting, values in zip(settings, columns, strict=True)
        ),
        n_images=len(scene.labels),
        seed=scene.seed,
        requested=scene.n_chips,
        ideal_accuracy=scene.ideal_accuracy,
        trim=scene.trim,
        facts=dict(scene.facts),
    )


def _check(scene: LimitScene) -> None:
    check_n_chips(scene.n_chips)
    for name in ("kinds", "ohms", "curve_ohms", "ratios", "sides"):
        values = list(getattr(scene, name))
        if not values or (name != "kinds" and values != sorted(set(values))):
            raise ParameterError(f"limits: {name} must be a rising list of at least one value, got {values}")
    for ratio in scene.ratios:
        if not (math.isfinite(ratio) and ratio > 1.0):
            raise ParameterError(f"limits: an on/off ratio must be a finite number above 1, got {ratio:g}")
    if scene.sides[-1] > MOST_LINES:
        raise ParameterError(
            f"limits: an array of side {scene.sides[-1]} is too large; at most {MOST_LINES} are allowed"
        )
    if scene.sides[0] < max(scene.shape):
        raise ParameterError(
            f"limits: an array of side {scene.sides[0]} does not hold the network's {scene.shape[0]} x "
            f"{scene.shape[1]} cells; give sides of {max(scene.shape)} or more"
        )


def _arrays(scene: LimitScene, index: int) -> Iterator[tuple[LimitSetting, VirtualChip]]:
    """Every array of virtual chip `index`, the chip without wires first."""
    for ratio in scene.all_ratios():
        chip = _with_ratio(scene, ratio)
        fresh = build(chip, scene.network, scene.seed, index)
        yield LimitSetting(kind=NO_WIRES, ohm=0.0, ratio=ratio, side=0), fresh
        cells = fresh.cells.resistance.reshape(len(fresh.cells.resistance), -1)
        for kind in scene.all_kinds():
            for ohm in sorted({*scene.ohms, *(scene.curve_ohms if ratio == scene.own_ratio else ())}):
                sides = [0] * (ratio == scene.own_ratio) + list(scene.sides) * (ohm in scene.ohms)
                wired = _wired(scene, chip, kind, ohm)
                sizes = [(side, side) if side else scene.shape for side in sides]
                reads = reading_of(wired.array, wired.cell, wired.wires).read_in(cells, sizes)
                for side, found in zip(sides, reads, strict=True):
                    yield LimitSetting(kind=kind, ohm=ohm, ratio=ratio, side=side), _rewired(fresh, wired, found)


def _rewired(fresh: VirtualChip, wired: ChipSpec, found: RowReads) -> VirtualChip:
    """Through other wires; where they leave nothing to set a trim on, injectors stay as they are."""
    try:
        return rewired(fresh, wired, found)
    except ParameterError:
        lost = wired.model_copy(update={"injectors": fresh.chip.injectors})
        return rewired(fresh, lost, found)


def _with_ratio(scene: LimitScene, ratio: float) -> ChipSpec:
    """The chip without wires, its HRS median and verify limit moved to an on/off ratio."""
    chip = set_values(scene.chip, {"wires": None, "injectors.trim": None})
    factor, cell = ratio / scene.own_ratio, chip.cell
    if factor == 1.0:
        return chip
    return set_values(
        chip,
        {
            "cell.hrs.median": cell.hrs.median.value * factor,
            "cell.programming.hrs_min": cell.programming.hrs_min.value * factor,
        },
    )


def _wired(scene: LimitScene, chip: ChipSpec, kind: str, ohm: float) -> ChipSpec:
    along = {PASSIVE: "row_segment", GATED: "source_segment"}[kind]
    base = scene.chip.wires
    raw = _told({"kind": kind, along: ohm, "column_segment": ohm, **({"leak": scene.leak} if kind == GATED else {})})
    wires = read_section(WiresSpec, raw, "limits")
    if base is not None:
        kept = ("driver", "sense", "leak", "drive_end", "sense_end")
        wires = wires.model_copy(update={name: getattr(base, name) for name in kept})
    trim = Parameter(value=scene.trim, unit="choice", status="assumed", source=_SOURCE)
    injectors = chip.injectors.model_copy(update={"trim": trim if scene.trim != LONE_CELLS else None})
    return chip.model_copy(update={"wires": wires, "injectors": injectors})


def _told(values: dict[str, str | float]) -> dict[str, object]:
    unit = {"leak": "siemens"}
    told = {
        name: f"{value!r} {unit.get(name, 'ohm')}" if isinstance(value, float) else value
        for name, value in values.items()
    }
    return {name: {"value": value, "status": "assumed", "source": _SOURCE} for name, value in told.items()}


_COLUMNS = ("accuracy", "input_spikes", "cell_pj", "core_pj")


def _measure(scene: LimitScene, built: Sequence[VirtualChip]) -> NDArray[np.float64]:
    """`_COLUMNS` of every array of one virtual chip, (n_arrays, n_columns); all arrays share its read noise."""
    found = run_many([virtual.program for virtual in built], scene.trains)
    rows = []
    for virtual, winners, *until in zip(
        built, found.winners, found.inputs, found.outputs, found.durations, strict=True
    ):
        chip, program = virtual.chip, virtual.program
        actions = actions_until(program, scene.trains, *until)
        ledger = account(actions, chip.energy, tick_s=chip.tick_s, bits=chip.word_bits, n_out=program.n_out)
        correct = (winners == scene.labels).mean()
        spikes, cell = actions.input_words.mean(), ledger.parts["cell_read"].mean()
        rows.append((correct, spikes, cell, ledger.per_sample("core").mean()))
    return np.array(rows, np.float64)
