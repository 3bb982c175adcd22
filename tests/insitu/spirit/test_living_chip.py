"""Single cells written on a living chip: the program equals a full rebuild, draws are fresh, counters are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.chips.values import set_values
from spikecim.engines import ENGINES, get_engine
from spikecim.errors import ParameterError, ShapeError
from spikecim.insitu.spirit.living_chip import LivingChip
from spikecim.network import Network
from spikecim.streams import stream
from tests.insitu.spirit.small import images, small_chip, small_task

SEED = 5


def living(index: int = 0) -> LivingChip:
    return LivingChip(build(small_chip(), small_task().start, SEED, index))


def scattered(chip: LivingChip, n: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """`n` cells anywhere, each to the state that it is not in."""
    places = np.sort(stream(1, name).choice(chip.cells.target.size, n, replace=False))
    return places, ~chip.cells.target.ravel()[places]


def test_rows_read_anew_give_the_program_of_a_full_rebuild() -> None:
    chip = living()
    for step in range(4):
        chip.write(*scattered(chip, 30, f"step{step}"), step)
    rebuilt = build(
        small_chip(), Network(weights=np.zeros((16, 3), np.int8)), SEED, resistance=chip.cells.resistance
    ).program
    for name in ("charge", "read_noise", "row_electrons", "threshold_up", "reset_down"):
        assert np.array_equal(getattr(chip.program, name), getattr(rebuilt, name)), name
    assert not np.array_equal(chip.program.charge, chip.made.program.charge)


def test_all_engines_run_what_was_written_alike() -> None:
    chip = living()
    chip.write(*scattered(chip, 40, "engines"), 0)
    trains = small_chip().rate_code().encode(images("engines", 3).values, 0)
    records = [get_engine(name).run(chip.program, trains) for name in ENGINES]
    for record in records[1:]:
        assert np.array_equal(record.ticks, records[0].ticks) and np.array_equal(record.neurons, records[0].neurons)
        assert np.array_equal(record.winners, records[0].winners)


def test_every_write_draws_its_cell_anew_and_others_stay() -> None:
    chip, other = living(), living()
    free = np.flatnonzero(~chip.cells.stuck & chip.cells.target)[:3]
    before = chip.cells.resistance.ravel()[free]
    set_again = np.ones(3, bool)
    chip.write(free, set_again, 0)
    first = chip.cells.resistance.ravel()[free]
    chip.write(free, set_again, 1)
    second = chip.cells.resistance.ravel()[free]
    assert (first != before).all() and (second != first).all()
    untouched = np.setdiff1d(np.arange(chip.cells.target.size), free)
    assert np.array_equal(chip.cells.resistance.ravel()[untouched], other.cells.resistance.ravel()[untouched])
    other.write(free, set_again, 1)
    assert np.array_equal(other.cells.resistance.ravel()[free], second), "draws are named by the step"


def test_what_stays_with_a_cell_stays() -> None:
    # No cycle-to-cycle part, no tail: a write gives the resistance of the programming again.
    quiet = {"cell.cell_share": 1.0, "cell.lrs.tail_probability": 0.0, "cell.stuck_lrs": 0.0, "cell.stuck_hrs": 0.0}
    made = build(set_values(small_chip(), quiet), small_task().start, SEED)
    chip = LivingChip(made)
    all_cells = np.arange(chip.cells.target.size)
    chip.write(all_cells, chip.cells.target.ravel(), 0)
    assert np.allclose(chip.cells.resistance, made.cells.resistance, rtol=1e-12)
    assert np.array_equal(chip.program.charge, made.program.charge)


def test_pulses_writes_and_verify_reads_are_counted() -> None:
    chip = living()
    places, targets = scattered(chip, 60, "counts")
    chip.write(places, targets, 0)
    assert chip.writes.sum() == 60 and chip.set_writes.sum() == targets.sum()
    assert (chip.pulses >= chip.writes).all() and chip.pulses.sum() >= 60
    assert (chip.pulses.ravel()[np.setdiff1d(np.arange(chip.writes.size), places)] == 0).all()
    counts = chip.counts()
    assert counts.verify_reads == counts.set_pulses + counts.reset_pulses == chip.pulses.sum()
    assert living().counts().set_pulses == 0


def test_stuck_cells_stay_as_they_are_and_are_given_up() -> None:
    made = build(set_values(small_chip(), {"cell.stuck_lrs": 0.5}), small_task().start, SEED)
    chip = LivingChip(made)
    stuck = np.flatnonzero(made.cells.stuck & (made.cells.resistance < 20e3))
    chip.write(stuck, np.zeros(len(stuck), bool), 0)
    assert np.array_equal(chip.cells.resistance, made.cells.resistance)
    assert chip.given_up.ravel()[stuck].all()
    limit = small_chip().cell.programming.max_pulses.value
    assert (chip.reset_pulses.ravel()[stuck] == limit).all() and len(stuck) > 50


def test_one_pulse_programming_has_no_verify_reads() -> None:
    one = {"cell.programming.mode": "one-pulse", "cell.programming.max_pulses": 1}
    chip = LivingChip(build(set_values(small_chip(), one), small_task().start, SEED))
    chip.write(*scattered(chip, 20, "one"), 0)
    assert chip.counts().verify_reads == 0 and chip.pulses.sum() == 20 and not chip.given_up.any()


def test_bad_places_and_chips_are_refused() -> None:
    chip = living()
    one = np.ones(1, bool)
    for bad, words in ((np.array([0, 0]), "twice"), (np.array([10_000, 1]), "0..383")):
        with pytest.raises(ShapeError, match=words):
            chip.write(bad, np.ones(2, bool), 0)
    with pytest.raises(ShapeError, match="pair up"):
        chip.write(np.array([1, 2]), one, 0)
    with pytest.raises(ParameterError, match="aged"):
        LivingChip(build(small_chip(), small_task().start, SEED).after("1 h"))
    wired = load_chip("spirit", {"cell.flicker.switch": "on"})
    with pytest.raises(ParameterError, match="flicker"):
        LivingChip(replace(chip.made, chip=wired))
