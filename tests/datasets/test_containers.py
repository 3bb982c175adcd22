"""Archives that ask for too much or lead elsewhere are refused before anything is unpacked to disk."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from spikecim.datasets import containers
from spikecim.datasets.containers import MAX_FILE, read_member, read_plain
from tests.datasets.batches import tar_gz


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, target
    return member.tobuf()


def write(folder: Path, data: bytes) -> Path:
    path = folder / "a.tar.gz"
    path.write_bytes(data)
    return path


GOOD = tar_gz({"folder/one": b"first", "folder/two": bytes(range(256)) * 40})


def test_a_member_in_any_folder(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert read_member(path, "two") == bytes(range(256)) * 40
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (tar_gz({"/etc/two": b""}), "leads out of it ('/etc/two')"),
        (tar_gz({"a/../../two": b""}), "leads out of it"),
        (tar_gz({"../elsewhere": b"", "two": b""}), "leads out of it ('../elsewhere')"),
        (gzip.compress(header("two", 1 << 40)), "1,099,511,627,776 bytes for 'two'; allowed: at most 64 MiB"),
        (gzip.compress(header("before", MAX_FILE + 1)), "67,108,865 bytes for 'before'"),
        (gzip.compress(header("two", 0, tarfile.SYMTYPE, "/etc/passwd")), "'two' in the archive is a link or a folder"),
        (gzip.compress(header("two", 0, tarfile.LNKTYPE, "one")), "is a link or a folder"),
        (gzip.compress(header("two", 0, tarfile.DIRTYPE)), "is a link or a folder"),
        (GOOD[: len(GOOD) // 2], "truncated archive"),
        (GOOD[:40] + b"\xff\xff\xff" + GOOD[43:], "damaged .tar.gz archive"),
        (gzip.compress(header("two", 500) + b"cut"), "damaged .tar.gz archive"),
        (b"", "archive"),
    ],
    # Archives hold the time at which they were packed; a name of a test must not.
    ids=lambda value: "archive" if isinstance(value, bytes) else None,
)
def test_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(ValueError) as caught:
        read_member(path, "two")
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


def test_a_header_cannot_ask_for_all_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The long name of a member is read into memory whatever length the header gives it.
    monkeypatch.setattr(containers, "MAX_ARCHIVE", 1 << 20)
    long_name = header("././@LongLink", 1 << 32, tarfile.GNUTYPE_LONGNAME)
    path = write(tmp_path, gzip.compress(long_name + bytes(4 << 20)))
    with pytest.raises(ValueError, match="archive of more than 1 MiB unpacked"):
        read_member(path, "two")


def test_a_giant_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with path.open("wb") as stream:
        stream.truncate(MAX_FILE + 1)
    with pytest.raises(ValueError, match="67,108,865 bytes; allowed: at most 64 MiB"):
        read_plain(path)


def test_the_archive_of_these_tests_is_one() -> None:
    with tarfile.open(fileobj=io.BytesIO(GOOD)) as archive:
        assert archive.getnames() == ["folder/one", "folder/two"]
