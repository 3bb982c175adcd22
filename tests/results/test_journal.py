"""The journal survives kills, full disks and damage, and is refused to whom it does not belong."""

from __future__ import annotations

import errno
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.errors import OutputError, ResultFileError
from spikecim.results.journal import Entry, Journal

ABOUT = {"version": "1", "study": "abc"}
COLUMNS = ("accuracy", "core_nj")


def opened(path: Path, columns: tuple[str, ...] = COLUMNS, **about: str) -> Journal:
    return Journal(path, columns, {**ABOUT, **about})


def written(path: Path, n: int = 3) -> bytes:
    with opened(path) as journal:
        for design in range(n):
            journal.add(Entry(design=design, chip=0, values=(design / 3, 2.0**-design)))
    return path.read_bytes()


@given(values=st.lists(st.tuples(st.floats(), st.floats()), max_size=5))
def test_every_float_comes_back(tmp_path_factory: pytest.TempPathFactory, values: list[tuple[float, float]]) -> None:
    path = tmp_path_factory.mktemp("j") / "journal.txt"
    with opened(path) as journal:
        for chip, pair in enumerate(values):
            journal.add(Entry(design=7, chip=chip, values=pair))
    with opened(path) as journal:
        assert len(journal) == len(values)
        np.testing.assert_array_equal(journal.rows().values, np.array(values).reshape(-1, 2))


def test_rows_rise_in_design_then_chip(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal:
        for design, chip in ((10, 1), (2, 0), (10, 0), (2, 3)):
            journal.add(Entry(design=design, chip=chip, values=(float(design), float(chip))))
        journal.add(Entry(design=5, chip=0, error="no such chip"))
        rows = journal.rows()
    assert list(zip(rows.design, rows.chip, strict=True)) == [(2, 0), (2, 3), (5, 0), (10, 0), (10, 1)]
    assert rows.error.tolist() == ["", "", "no such chip", "", ""]
    assert np.isnan(rows.values[2]).all()
    np.testing.assert_array_equal(rows.values[[0, 1, 3, 4], 1], [0.0, 3.0, 0.0, 1.0])


def test_cut_off_anywhere_it_keeps_all_whole_lines(tmp_path: Path) -> None:
    whole = written(tmp_path / "j")
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole)):
        (tmp_path / "j").write_bytes(whole[:size])
        with opened(tmp_path / "j") as journal:
            kept = max(0, sum(end <= size for end in ends) - 1)
            assert len(journal) == kept
            assert journal.n_damaged == 0
            for design in range(kept, 3):
                journal.add(Entry(design=design, chip=0, values=(design / 3, 2.0**-design)))
        assert (tmp_path / "j").read_bytes() == whole


def test_a_damaged_line_costs_its_point_only(tmp_path: Path) -> None:
    whole = bytearray(written(tmp_path / "j"))
    middle = whole.find(b"[1,0,")
    for place in range(middle - 9, whole.find(b"\n", middle)):
        damaged = whole.copy()
        damaged[place] ^= 1
        (tmp_path / "j").write_bytes(damaged)
        with opened(tmp_path / "j") as journal:
            assert [(0, 0) in journal, (1, 0) in journal, (2, 0) in journal] == [True, False, True]
            assert journal.n_damaged == 1


def test_of_two_lines_the_later_holds(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal:
        journal.add(Entry(design=0, chip=0, error="worker lost"))
        journal.add(Entry(design=1, chip=0, values=(0.5, 1.0)))
        journal.forget_failed()
        assert (0, 0) not in journal
        assert (1, 0) in journal
        journal.add(Entry(design=0, chip=0, values=(0.25, math.inf)))
        assert journal.n_failed == 0
    with opened(tmp_path / "j") as journal:
        assert journal.get(0, 0) == Entry(design=0, chip=0, values=(0.25, math.inf))
        assert journal.n_failed == 0
        assert len(journal.rows().design) == 2


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "j"), pytest.raises(OutputError, match="another spikecim is writing into this folder"):
        opened(tmp_path / "j")
    opened(tmp_path / "j").__exit__(None, None, None)


@pytest.mark.parametrize(
    ("about", "columns", "words"),
    [
        ({"version": "2"}, COLUMNS, "was begun with version 1, now it is 2"),
        ({"study": "def"}, COLUMNS, "was begun with study abc"),
        ({}, ("accuracy",), "holds other metrics"),
    ],
)
def test_another_journal_is_refused(
    tmp_path: Path, about: dict[str, str], columns: tuple[str, ...], words: str
) -> None:
    before = written(tmp_path / "j")
    with pytest.raises(ResultFileError, match=words):
        opened(tmp_path / "j", columns, **about)
    assert (tmp_path / "j").read_bytes() == before


@pytest.mark.parametrize("content", [b"hello\n", b"hello", b"\x89HDF\r\n\x1a\n" * 9, b"12345678 [1,2]\n", b"[]\n{}\n"])
def test_what_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(ResultFileError, match="no journal of spikecim"):
        opened(tmp_path / "j")
    assert (tmp_path / "j").read_bytes() == content


def test_another_schema_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spikecim.results.journal.SCHEMA", 2)
    written(tmp_path / "j")
    monkeypatch.undo()
    with pytest.raises(ResultFileError, match="has schema 2, this spikecim reads schema 1"):
        opened(tmp_path / "j")


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, room = os.write, [300]

    def full(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = write(file, data[: room[0]])
        room[0] -= done
        return done

    recorded = 0
    with opened(tmp_path / "j") as journal, monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OutputError, match="No space left on device"):
            for design in range(100):
                journal.add(Entry(design=design, chip=0, values=(0.1, 0.2)))
                recorded += 1
        assert len(journal) == recorded
    assert 0 < recorded < 100
    assert (tmp_path / "j").read_bytes().endswith(b"\n")
    with opened(tmp_path / "j") as journal:
        assert len(journal) == recorded


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        opened(tmp_path / "no" / "j")


def test_a_point_with_too_few_values_is_a_fault(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal, pytest.raises(ResultFileError, match="has 1 values, not 2"):
        journal.add(Entry(design=0, chip=0, values=(0.1,)))
    with opened(tmp_path / "j") as journal:
        assert len(journal) == 0
