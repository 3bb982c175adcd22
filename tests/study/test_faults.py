"""A broken program stops a study at once and leaves no failed points; a bad corner of it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikecim.errors import FaultError, ParameterError
from spikecim.results.sweep_table import load_table
from spikecim.study.faults import FirstFaults
from spikecim.study.manifest import TABLE
from spikecim.study.point import Point
from spikecim.study.pool import OneProcess
from spikecim.study.spec import Study
from spikecim.study.sweep import run_sweep
from tests.study.studies import study
from tests.study.works import cheap


def broken(study: Study, point: Point) -> dict[str, float]:
    raise TypeError("no such argument")


def eight(chips: int = 5) -> Study:
    return study(base={"data": "digits", "images": 40, "chips": chips})


def test_a_broken_program_stops_after_two_designs_and_records_nothing(tmp_path: Path) -> None:
    seen = 0

    def counting(study: Study, point: Point) -> dict[str, float]:
        nonlocal seen
        seen += 1
        return broken(study, point)

    with pytest.raises(FaultError, match=r"first 8 points .* TypeError: no such argument \(test_faults.py, line \d+\)"):
        run_sweep(eight(), tmp_path, OneProcess(work=counting))
    assert seen == 8
    assert len(load_table(tmp_path / TABLE)) == 0
    # Mended, the same command has everything.
    assert run_sweep(eight(), tmp_path, OneProcess(work=cheap)).n_failed == 0


def test_a_corner_of_the_designs_does_not_stop_it(tmp_path: Path) -> None:
    def first_design(study: Study, point: Point) -> dict[str, float]:
        return broken(study, point) if point.design.number == 0 else cheap(study, point)

    table = run_sweep(eight(20), tmp_path / "first", OneProcess(work=first_design))
    assert table.n_failed == 20
    assert set(table.error[:20]) == {"TypeError: no such argument"}

    def last_designs(study: Study, point: Point) -> dict[str, float]:
        if point.design.number >= 2:
            raise KeyboardInterrupt
        return cheap(study, point)

    # Gone on with, all that is left fails: what came before says that the program works.
    with pytest.raises(KeyboardInterrupt):
        run_sweep(eight(), tmp_path / "last", OneProcess(work=last_designs))
    assert run_sweep(eight(), tmp_path / "last", OneProcess(work=broken)).n_failed == 10


def test_bad_designs_are_no_fault(tmp_path: Path) -> None:
    def refused(study: Study, point: Point) -> dict[str, float]:
        raise ParameterError("out of range")

    assert run_sweep(eight(), tmp_path, OneProcess(work=refused)).n_failed == 20


def test_few_points_are_recorded_at_the_end(tmp_path: Path) -> None:
    own = study(factors={"decision.delta_s": [4, 10]}, design={"kind": "grid"})
    assert run_sweep(own, tmp_path, OneProcess(work=broken)).error.tolist() == ["TypeError: no such argument"] * 4


def test_one_design_takes_more_to_be_a_fault(tmp_path: Path) -> None:
    own = study(
        base={"data": "digits", "images": 40, "chips": 70},
        factors={"decision.delta_s": [4]},
        design={"kind": "grid"},
    )
    with pytest.raises(FaultError, match="first 64 points"):
        run_sweep(own, tmp_path, OneProcess(work=broken))


def test_nothing_is_held_back_from_those_who_are_not_wary() -> None:
    from spikecim.study.designs import designs_of
    from spikecim.study.pool import attempt
    from spikecim.study.sweep import points_of

    own, faults = eight(), FirstFaults(wary=False)
    for point in points_of(designs_of(own), own.n_chips):
        pair = (point, attempt(broken, own, point))
        assert faults.passed(*pair) == [pair]
