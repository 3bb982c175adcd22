"""A sweep computes each point once, whatever happens, and keeps what it has; in one process."""

from __future__ import annotations

import errno
import json
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from spikecim.errors import DataNotFoundError, OutputError, ParameterError, ResultFileError
from spikecim.results.journal import Journal
from spikecim.results.sweep_table import SweepTable, load_table
from spikecim.study import manifest as manifest_module
from spikecim.study.designs import Design, designs_of
from spikecim.study.manifest import JOURNAL, STUDY, TABLE, data_digest, differences, study_folder
from spikecim.study.point import Point, evaluate
from spikecim.study.pool import OneProcess, Outcome, open_pool
from spikecim.study.spec import Study
from spikecim.study.sweep import points_of, run_points, run_sweep
from tests.study.studies import study
from tests.study.works import COUNTED, cheap, counted, sometimes_bad, without_data


def swept(own: Study, out: Path, work: Callable[[Study, Point], dict[str, float]] = cheap) -> SweepTable:
    return run_sweep(own, out, OneProcess(work=work))


def test_the_table_holds_what_evaluate_says(tmp_path: Path) -> None:
    own = study()
    table = run_sweep(own, tmp_path, OneProcess())
    designs = designs_of(own)
    assert table.design.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert table.chip.tolist() == [0, 1] * 4
    for row in (0, 5, 7):
        design = designs[table.design[row]]
        seen = evaluate(own, Point(design=design, chip_index=int(table.chip[row])))
        assert {name: values[row] for name, values in table.metrics.items()} == seen
        assert tuple(values[row] for values in table.factors.values()) == design.values
    read = load_table(tmp_path / TABLE)
    assert read.study == own.describe()
    for name, values in table.columns().items():
        np.testing.assert_array_equal(read.columns()[name], values)


def test_copies_of_a_study_are_equal_so_that_caches_work_in_other_processes() -> None:
    own = study(factors={"synapse.code": ["unary-bipolar", "sign-magnitude"], "decision.delta_s": [4, 10]})
    assert pickle.loads(pickle.dumps(own)) == own
    assert hash(pickle.loads(pickle.dumps(own))) == hash(own)


@pytest.mark.parametrize("after", [0, 1, 5, 7])
def test_an_interrupt_keeps_what_is_there_and_nothing_is_computed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setenv(COUNTED, str(tmp_path / "counted"))
    own, whole = study(), swept(study(), tmp_path / "whole")
    (tmp_path / "counted").unlink()

    def impatient(own: Study, point: Point) -> dict[str, float]:
        if len(counted(tmp_path / "counted")) == after:
            raise KeyboardInterrupt
        return cheap(own, point)

    with pytest.raises(KeyboardInterrupt):
        swept(own, tmp_path / "out", impatient)
    assert len(load_table(tmp_path / "out" / TABLE)) == after
    assert len(swept(own, tmp_path / "out")) == len(whole)
    assert len(set(counted(tmp_path / "counted"))) == len(counted(tmp_path / "counted")) == len(whole)
    assert (tmp_path / "out" / TABLE).read_bytes() == (tmp_path / "whole" / TABLE).read_bytes()


def test_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    class Backwards(OneProcess):
        def run(self, study: Study, points: Iterable[Point]) -> Iterator[tuple[Point, Outcome]]:
            return super().run(study, list(points)[::-1])

    swept(study(), tmp_path / "a")
    run_sweep(study(), tmp_path / "b", Backwards(work=cheap))
    assert (tmp_path / "a" / JOURNAL).read_bytes() != (tmp_path / "b" / JOURNAL).read_bytes()
    assert (tmp_path / "a" / TABLE).read_bytes() == (tmp_path / "b" / TABLE).read_bytes()


def test_failing_points_stand_in_the_table_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(COUNTED, str(tmp_path / "counted"))
    table = swept(study(), tmp_path / "out", sometimes_bad)
    assert table.error.tolist() == ["", "", *["design 1 is out of range"] * 2, "", "ZeroDivisionError", "", ""]
    assert np.isnan(table.metrics["accuracy"][[2, 3, 5]]).all()
    assert np.isfinite(table.metrics["accuracy"][[0, 1, 4, 6, 7]]).all()
    before = counted(tmp_path / "counted")
    assert swept(study(), tmp_path / "out").n_failed == 3
    assert counted(tmp_path / "counted") == before
    mended = run_sweep(study(), tmp_path / "out", OneProcess(work=cheap), again=True)
    assert mended.n_failed == 0
    assert len(counted(tmp_path / "counted")) == len(before) + 3
    swept(study(), tmp_path / "straight")
    assert (tmp_path / "out" / TABLE).read_bytes() == (tmp_path / "straight" / TABLE).read_bytes()


def test_a_real_design_out_of_the_chips_range_fails_alone(tmp_path: Path) -> None:
    own = study(factors={"cell.stuck_lrs": [0.0, 1.0]}, design={"kind": "grid"})
    table = run_sweep(own, tmp_path, OneProcess())
    assert table.done.tolist() == [True, True, False, False]
    assert "no more than all cells can be stuck" in table.error[2]


def test_a_machine_without_data_is_no_failing_point(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="mnist is not here"):
        swept(study(), tmp_path, without_data)
    assert len(load_table(tmp_path / TABLE)) == 4
    assert swept(study(), tmp_path).n_failed == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"factors": {"cell.hrs.sigma_ln": {"low": 0.3, "high": 1.5}, "decision.delta_s": [4, 10]}},
            "low was 0.2, is 0.3",
        ),
        ({"factors": {"decision.delta_s": [4, 10]}}, "factors.cell.hrs.sigma_ln was .*, is absent"),
        ({"base": {"data": "digits", "images": 40, "chips": 3}}, "base.chips was 2, is 3"),
        ({"base": {"data": "digits", "images": 40, "chips": 2, "seed": 1}}, "base.seed was 0, is 1"),
        ({"base": {"data": "digits", "images": 40, "chips": 2, "set": {"link.tick": "2 us"}}}, "chip_digest was"),
        ({"design": {"kind": "sobol", "points": 8}}, "design.points was 4, is 8"),
        ({"metrics": {"report": ["accuracy"]}}, "metrics.report was"),
        ({"name": "other"}, 'name was "small", is "other"'),
    ],
)
def test_a_changed_study_is_refused_with_the_difference(tmp_path: Path, change: dict[str, object], words: str) -> None:
    swept(study(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ResultFileError, match=words):
        swept(study(**change), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_title_is_the_same_study(tmp_path: Path) -> None:
    swept(study(), tmp_path)
    assert len(swept(study(title="In other words"), tmp_path)) == 8


def test_another_version_other_data_another_purpose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swept(study(), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(manifest_module, "__version__", "9.9")
        with pytest.raises(ResultFileError, match=r'spikecim was "[^"]+", is "9\.9"'):
            swept(study(), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(manifest_module, "data_digest", lambda study: "0123")
        with pytest.raises(ResultFileError, match=r'data_digest was "[0-9a-f]{16}", is "0123"'):
            swept(study(), tmp_path)
    with (
        pytest.raises(ResultFileError, match='purpose was "sweep", is "explore"'),
        study_folder(study(), tmp_path, "explore"),
    ):
        pass
    os.unlink(tmp_path / STUDY)
    with pytest.raises(ResultFileError, match="was begun with study"):
        swept(study(name="other"), tmp_path)


def test_the_data_digest_sees_one_pixel_and_one_label(monkeypatch: pytest.MonkeyPatch) -> None:
    own, images = study(), manifest_module.images_for(study(), study().base_chip())
    seen = {data_digest(own), data_digest(study(base={"data": "digits", "images": 39, "chips": 2}))}
    for part, place in (("values", (3, 5)), ("labels", (3,))):
        altered = getattr(images, part).copy()
        altered[place] = 0 if altered[place] else 1
        other = type(images)(**{**vars(images), part: altered})
        with monkeypatch.context() as patch:
            patch.setattr(manifest_module, "images_for", lambda study, chip, other=other: other)
            seen.add(data_digest(own))
    assert len(seen) == 4


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "x"}', '{"format": "spikecim-study", "schema": 2}'])
def test_a_study_json_that_is_not_ours_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / STUDY).write_text(content)
    with pytest.raises(ResultFileError, match="choose another --out"):
        swept(study(), tmp_path)
    assert (tmp_path / STUDY).read_text() == content


def test_two_sweeps_into_one_folder(tmp_path: Path) -> None:
    with study_folder(study(), tmp_path), pytest.raises(OutputError, match="another spikecim is writing"):
        swept(study(), tmp_path)


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COUNTED, str(tmp_path / "counted"))
    add, room = Journal._append, [4]

    def full(self: Journal, data: object) -> None:
        room[0] -= 1
        if room[0] < 0:
            monkeypatch.setattr(os, "write", _no_space)
        add(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_append", full)
        write = os.write
        with pytest.raises(OutputError, match="No space left on device"):
            swept(study(), tmp_path / "out")
        monkeypatch.setattr(os, "write", write)
    assert len(swept(study(), tmp_path / "out")) == 8
    # The point that found no room is the only one computed twice.
    assert len(counted(tmp_path / "counted")) == 9


def _no_space(file: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_progress_begins_where_the_last_run_ended(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    own, designs = study(), designs_of(study())
    with study_folder(own, tmp_path) as journal:
        run_points(own, points_of(designs[:2], 2), OneProcess(work=cheap), journal)
    run_sweep(own, tmp_path, OneProcess(work=cheap), lambda *told: seen.append(told))
    assert seen == [("points", done, 8) for done in (4, 5, 6, 7, 8)]


def test_points_of_ones_own_with_columns_of_ones_own(tmp_path: Path) -> None:
    told = []
    point = Point(design=Design(number=41, values=(0.5, 4)), chip_index=1_000_000)
    own = study()
    with study_folder(own, tmp_path, "search", ("accuracy",)) as journal:
        for _ in range(2):
            run_points(own, iter([point]), OneProcess(work=cheap), journal, lambda *pair: told.append(pair))
        entry = journal.get(41, 1_000_000)
        assert journal.get(0, 0) is None
    assert [pair[0] for pair in told] == [point]
    assert entry is not None
    assert entry.values == (told[0][1].metrics["accuracy"],)


def test_the_manifest_is_readable(tmp_path: Path) -> None:
    swept(study(), tmp_path)
    told = json.loads((tmp_path / STUDY).read_text())
    assert told["study"] == study().describe()
    assert sorted(path.name for path in tmp_path.iterdir()) == [JOURNAL, STUDY, TABLE]


def test_differences_name_the_path() -> None:
    old = {"a": {"b": 1, "c": [1]}, "d": 2}
    assert differences(old, old) == []
    assert differences(old, {"a": {"b": 2, "c": [1, 2]}}) == [
        "a.b was 1, is 2",
        "a.c was [1], is [1, 2]",
        "d was 2, is absent",
    ]


def test_pools_that_make_no_sense() -> None:
    with pytest.raises(ParameterError, match="contradict"), open_pool(2, "tcp://127.0.0.1:8786"):
        pass
    with pytest.raises(ParameterError, match="allowed 1 or more"), open_pool(0):
        pass
    with open_pool(1) as pool:
        assert isinstance(pool, OneProcess)
        assert pool.n_workers == 1
