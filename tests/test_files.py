"""Files appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikecim.errors import OutputError, SpikecimError
from spikecim.files import make_folder, replacing, write_text


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_text_is_written_as_utf8(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "µS ± 1 Ω\n")
    assert (tmp_path / "a.txt").read_bytes() == "µS ± 1 Ω\n".encode()
    assert names(tmp_path) == ["a.txt"]


def test_the_target_does_not_exist_before_the_writing_is_done(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.h5") as temporary:
        temporary.write_bytes(b"half")
        assert temporary.parent == tmp_path
        assert not (tmp_path / "a.h5").exists()
    assert (tmp_path / "a.h5").read_bytes() == b"half"


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failure_leaves_the_old_file_and_no_temporary_one(tmp_path: Path, failure: type[BaseException]) -> None:
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises((failure, OutputError)), replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half of the n")
        raise failure("no space")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_missing_folder_is_an_output_error_that_names_the_file(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "a.txt"
    with pytest.raises(OutputError) as caught:
        write_text(target, "x")
    assert str(caught.value).startswith(f"cannot write {target}: No such file or directory; choose another folder")


def test_a_file_where_a_folder_should_be_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    for attempt in (lambda: make_folder(tmp_path / "out"), lambda: write_text(tmp_path / "out" / "a.txt", "x")):
        with pytest.raises(OutputError, match="cannot write"):
            attempt()
    assert names(tmp_path) == ["out"]


def test_a_folder_in_the_place_of_the_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError, match="Is a directory"):
        write_text(tmp_path / "a.txt", "x")
    assert names(tmp_path) == ["a.txt"]


def test_an_output_error_is_one_of_ours_and_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(SpikecimError) as caught:
        write_text(tmp_path / "no" / "a", "x")
    assert isinstance(caught.value, OSError)
    assert "\n" not in str(caught.value)


def test_folders_are_made_with_their_parents_and_left_empty(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert names(tmp_path / "a" / "b") == []
