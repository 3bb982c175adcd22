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
from spikecim.build import VirtualChip, build
from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.energy.actions import actions_until
from spikecim.energy.ledger import account
from spikecim.engines.many import run_many
from spikecim.errors import ParameterError, hint
from spikecim.explore.code_settings import SIGMAS, STUCK, jobs_of, own_setting
from spikecim.explore.population import check_n_chips
from spikecim.network import Network
from spikecim.progress import Stage, silent
from spikecim.results.codes import SPIRIT_CODE, CellSetting, ChipRows, CodeFacts, CodePoint, CodeStudy, GroupPoint
from spikecim.spikes import SpikeTrains
from spikecim.training.perceptron import accuracy

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
    progress: Stage = silent,
) -> CodeStudy:
    """Run every code at every setting, then the group sizes if networks for them are given.

    An interrupt keeps the finished chips; the first one must be whole.

    Parameters
    ----------
    codes : sequence of str
        Names from `arrays.codes.CODES`.
    stuck, sigmas : sequence of float
        Shares of stuck cells (half of each kind) and HRS spreads, beside the chip's own. The settings that the sign
        bit argument needs are always run.
    network_for_levels : callable(levels) -> Network, optional
        The network quantised for that many cells per polarity; without it no group sizes are run.
    progress : callable(stage, done, total)

    Raises
    ------
    ParameterError
        If a code is unknown, a rate is not a share, or `n_chips` is below 1.
    """
    _check(scene, codes)
    chip = load_chip(scene.chip)
    jobs = list(jobs_of(chip, codes, stuck, sigmas))
    points, groups, n_chips = _run(scene, jobs, network_for_levels, progress)
    return CodeStudy(
        n_images=len(scene.labels),
        n_chips=n_chips,
        seed=scene.seed,
        levels=chip.synapse.levels.value,
        formal_accuracy=accuracy(scene.network.weights, scene.values, scene.labels),
        ideal_accuracy=scene.ideal_accuracy,
        yield_within=YIELD_WITHIN,
        nominal=own_setting(chip),
        codes=tuple(_facts(scene, code) for code in codes),
        points=tuple(points),
        requested=scene.n_chips,
        groups=tuple(groups),
        facts=scene.facts,
    )


def _check(scene: CodeScene, codes: Sequence[str]) -> None:
    check_n_chips(scene.n_chips)
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
    progress: Stage,
) -> tuple[list[CodePoint], list[GroupPoint], int]:
    """All points and group sizes, chip by chip; what an interrupt leaves, if that is anything, and its chips."""
    progress("networks", 0, 1)
    networks = {} if network_for_levels is None else {levels: network_for_levels(levels) for levels in GROUPS}
    designs = [_Design(chip=_chip_of(scene, *job), network=scene.network, after_s=job[1].after_s) for job in jobs]
    designs += [_Design(chip=_grouped(scene, levels), network=networks[levels]) for levels in networks]
    rows: list[NDArray[np.float64]] = []
    try:
        for index in range(scene.n_chips):
            progress("weight codes", index, scene.n_chips)
            rows.append(_measure(scene, designs, index))
    except KeyboardInterrupt:
        if not rows:
            raise
    columns = np.array(rows).transpose(1, 2, 0)
    chips = [ChipRows(**dict(zip(_COLUMNS, of_design, strict=True))) for of_design in columns]
    points = [CodePoint(code=code, setting=here, chips=own) for (code, here), own in zip(jobs, chips, strict=False)]
    groups = [
        GroupPoint(
            levels=levels,
            n_cells=design.chip.n_cells,
            formal_accuracy=accuracy(design.network.weights, scene.values, scene.labels),
            chips=own,
        )
        for levels, design, own in zip(networks, designs[len(jobs) :], chips[len(jobs) :], strict=True)
    ]
    return points, groups, len(rows)


_COLUMNS = ("accuracy", "input_spikes", "cell_pj", "core_pj", "programming_nj")


@dataclass(frozen=True, kw_only=True)
class _Design:
    """One point: a chip, the network on it, and its age."""

    chip: ChipSpec
    network: Network
    after_s: float = 0.0

    def build(self, seed: int, index: int) -> VirtualChip:
        fresh = build(self.chip, self.network, seed, index)
        return fresh.after(self.after_s) if self.after_s else fresh


def _chip_of(scene: CodeScene, code: str, setting: CellSetting) -> ChipSpec:
    changes = {
        "synapse.code": code,
        "cell.stuck_lrs": setting.stuck_lrs,
        "cell.stuck_hrs": setting.stuck_hrs,
        "cell.hrs.sigma_ln": setting.hrs_sigma,
    }
    return load_chip(scene.chip, changes)


def _grouped(scene: CodeScene, levels: int) -> ChipSpec:
    """SPIRIT's code with `levels` cells per polarity; a full group stays one threshold."""
    changes = {"synapse.code": SPIRIT_CODE, "synapse.levels": levels, "injectors.full_weight": levels}
    return load_chip(scene.chip, changes)


def _measure(scene: CodeScene, designs: Sequence[_Design], index: int) -> NDArray[np.float64]:
    """`_COLUMNS` of every design on virtual chip `index`, (n_designs, n_columns); all designs share its read noise."""
    built = [design.build(scene.seed, index) for design in designs]
    found = run_many([virtual.program for virtual in built], scene.trains)
    rows = []
    for design, virtual, winners, *until in zip(
        designs, built, found.winners, found.inputs, found.outputs, found.durations, strict=True
    ):
        chip, program = design.chip, virtual.program
        actions = actions_until(program, scene.trains, *until)
        ledger = account(actions, chip.energy, tick_s=chip.tick_s, bits=chip.word_bits, n_out=program.n_out)
        rows.append(
            (
                (winners == scene.labels).mean(),
                actions.input_words.mean(),
                ledger.parts["cell_read"].mean(),
                ledger.per_sample("core").mean(),
                virtual.programming_j * 1e9,
            )
        )
    return np.array(rows, np.float64)


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
