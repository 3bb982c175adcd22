"""Weight codes under stuck cells and HRS spread, and groups of 1 to 8 cells, on many virtual chips (EMB).

One network, one set of spike trains and one row of chip seeds serve every point, so codes are compared chip by chip.
Injectors, comparators and reset packets of a chip are the same under every code; its cells are drawn anew, since a code
decides how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.codes import CODES
from spikecim.arrays.codes.faults import expected_error, worst_single_fault
from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.energy.actions import count_actions
from spikecim.energy.ledger import account
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError, hint
from spikecim.explore.code_settings import SIGMAS, STUCK, jobs_of, own_setting
from spikecim.network import Network
from spikecim.results.codes import SPIRIT_CODE, CellSetting, ChipRows, CodeFacts, CodePoint, CodeStudy, GroupPoint
from spikecim.spikes import SpikeTrains
from spikecim.training.perceptron import accuracy

Tick = Callable[[str, int, int], None]
GROUPS = tuple(range(1, 9))
YIELD_WITHIN = 0.03


@dataclass(frozen=True, kw_only=True)
class CodeScene:
    """What all points share.

    Attributes
    ----------
    chip : str
        Chip name or file.
    network : Network
    values : float64 (n_samples, n_in)
        For the formal accuracy.
    labels : int (n_samples,)
    trains : SpikeTrains
        The encoded `values`.
    ideal_accuracy : float
        Share correct of the ideal chip, which yield is counted from.
    n_chips, seed : int
        Virtual chips of each point.
    facts : dict of str
        Kept in the result.
    """

    chip: str
    network: Network
    values: NDArray[np.float64]
    labels: NDArray[np.integer]
    trains: SpikeTrains
    ideal_accuracy: float
    n_chips: int = 20
    seed: int = 0
    facts: dict[str, str] = field(default_factory=dict)


def study_codes(
    scene: CodeScene,
    *,
    codes: Sequence[str] = tuple(CODES),
    stuck: Sequence[float] = STUCK,
    sigmas: Sequence[float] = SIGMAS,
    network_for_levels: Callable[[int], Network] | None = None,
    progress: Tick | None = None,
) -> CodeStudy:
    """Run every code at every setting, then the group sizes if networks for them are given.

    An interrupt keeps the finished points; the first one must be whole.

    Parameters
    ----------
    codes : sequence of str
        Names from `arrays.codes.CODES`.
    stuck, sigmas : sequence of float
        Shares of stuck cells (half of each kind) and HRS spreads, beside the chip's own. The settings that the sign
        bit argument needs are always run.
    network_for_levels : callable(levels) -> Network, optional
        The network quantised for that many cells per polarity; without it no group sizes are run.
    progress : callable(stage, done, total), optional

    Raises
    ------
    ParameterError
        If a code is unknown, a rate is not a share, or `n_chips` is below 1.
    """
    _check(scene, codes)
    chip = load_chip(scene.chip)
    jobs = list(jobs_of(chip, codes, stuck, sigmas))
    points, groups = _run(scene, jobs, network_for_levels, progress)
    return CodeStudy(
        n_images=len(scene.labels),
        n_chips=scene.n_chips,
        seed=scene.seed,
        levels=chip.synapse.levels.value,
        formal_accuracy=accuracy(scene.network.weights, scene.values, scene.labels),
        ideal_accuracy=scene.ideal_accuracy,
        yield_within=YIELD_WITHIN,
        nominal=own_setting(chip),
        codes=tuple(_facts(scene, code) for code in codes),
        points=tuple(points),
        requested=len(jobs) + (len(GROUPS) if network_for_levels is not None else 0),
        groups=tuple(groups),
        facts=scene.facts,
    )


def _check(scene: CodeScene, codes: Sequence[str]) -> None:
    if scene.n_chips < 1:
        raise ParameterError(f"number of virtual chips: must be at least 1, got {scene.n_chips}")
    allowed = ", ".join(CODES)
    if not codes:
        raise ParameterError(f"no weight code is given; allowed: {allowed}")
    for code in codes:
        if code not in CODES:
            raise ParameterError(f"weight code {code!r} is unknown; {hint(code, CODES, f'allowed: {allowed}')}")


def _run(
    scene: CodeScene,
    jobs: Sequence[tuple[str, CellSetting]],
    network_for_levels: Callable[[int], Network] | None,
    progress: Tick | None,
) -> tuple[list[CodePoint], list[GroupPoint]]:
    """All points, then all group sizes; what an interrupt leaves, if that is anything."""
    points: list[CodePoint] = []
    groups: list[GroupPoint] = []
    try:
        for done, (code, setting) in enumerate(jobs):
            _tell(progress, "weight codes", done, len(jobs))
            points.append(_point(scene, code, setting))
        if network_for_levels is not None:
            for done, levels in enumerate(GROUPS):
                _tell(progress, "group sizes", done, len(GROUPS))
                groups.append(_group(scene, levels, network_for_levels(levels)))
    except KeyboardInterrupt:
        if not points:
            raise
    return points, groups


def _tell(progress: Tick | None, stage: str, done: int, total: int) -> None:
    if progress is not None:
        progress(stage, done, total)


def _point(scene: CodeScene, code: str, setting: CellSetting) -> CodePoint:
    changes = {
        "synapse.code": code,
        "cell.stuck_lrs": setting.stuck_lrs,
        "cell.stuck_hrs": setting.stuck_hrs,
        "cell.hrs.sigma_ln": setting.hrs_sigma,
    }
    return CodePoint(
        code=code, setting=setting, chips=_chips(scene, load_chip(scene.chip, changes), scene.network, setting.after_s)
    )


def _group(scene: CodeScene, levels: int, network: Network) -> GroupPoint:
    """SPIRIT's code with `levels` cells per polarity; a full group stays one threshold."""
    changes = {"synapse.code": SPIRIT_CODE, "synapse.levels": levels, "injectors.full_weight": levels}
    chip = load_chip(scene.chip, changes)
    return GroupPoint(
        levels=levels,
        n_cells=chip.n_cells,
        formal_accuracy=accuracy(network.weights, scene.values, scene.labels),
        chips=_chips(scene, chip, network),
    )


def _chips(scene: CodeScene, chip: ChipSpec, network: Network, after_s: float = 0.0) -> ChipRows:
    engine, rows = EventEngine(keep_spikes=False), []
    for index in range(scene.n_chips):
        fresh = build(chip, network, scene.seed, index)
        virtual = fresh.after(after_s) if after_s else fresh
        record = engine.run(virtual.program, scene.trains)
        actions = count_actions(virtual.program, scene.trains, record)
        ledger = account(actions, chip.energy, tick_s=chip.tick_s, bits=chip.word_bits, n_out=virtual.program.n_out)
        rows.append(
            (
                (record.decisions.winners[:, -1] == scene.labels).mean(),
                actions.input_words.mean(),
                ledger.parts["cell_read"].mean(),
                ledger.per_sample("core").mean(),
                virtual.programming_j * 1e9,
            )
        )
    accuracies, spikes, cell, core, programming = np.array(rows, np.float64).T
    return ChipRows(accuracy=accuracies, input_spikes=spikes, cell_pj=cell, core_pj=core, programming_nj=programming)


def _facts(scene: CodeScene, name: str) -> CodeFacts:
    chip = load_chip(scene.chip, {"synapse.code": name})
    code = chip.synapse.weight_code()
    return CodeFacts(
        name=name,
        cells_per_weight=code.cells_per_weight,
        n_cells=chip.n_cells,
        error_per_stuck=float(expected_error(code, scene.network.weights, 0.5, 0.5).mean()),
        worst_single_fault=worst_single_fault(code),
    )
