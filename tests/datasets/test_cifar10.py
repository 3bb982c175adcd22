"""CIFAR-10 in every form it comes in gives the same images, and says what is not here and what is damaged."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spikecim.datasets import cifar10, held_out, load, locate
from spikecim.datasets.records import Part
from spikecim.errors import DataError, DataNotFoundError
from tests.datasets.batches import Row, batch, binary, old_pickle, part, tar_gz

N, HEAD = 6, 2
NAMES = [f"data_batch_{number}" for number in range(1, 6)]
ROWS = {name: batch(N, seed) for seed, name in enumerate([*NAMES, "test_batch"])}
FIRST = tuple(column[:HEAD] for column in ROWS["test_batch"])
Forms = Callable[[str, Row], dict[str, bytes]]


def loose(name: str, rows: Row) -> dict[str, bytes]:
    return {f"{name}.bin": binary(rows)}


def packed(name: str, rows: Row) -> dict[str, bytes]:
    return {f"{name}.bin.xz": lzma.compress(binary(rows))}


def pickled(name: str, rows: Row) -> dict[str, bytes]:
    return {name: old_pickle(rows)}


def archive(name: str, folder: str, form: Forms) -> dict[str, bytes]:
    files = {"readme.html": b"<html>"}
    for batch_name, rows in ROWS.items():
        files |= form(batch_name, rows)
    return {name: tar_gz({f"{folder}/{member}": data for member, data in files.items()})}


def every(form: Forms) -> dict[str, bytes]:
    return {name: data for batch_name, rows in ROWS.items() for name, data in form(batch_name, rows).items()}


FORMS = {
    "binary": every(loose),
    "xz": every(packed),
    "pickled": every(pickled),
    "binary archive": archive("cifar-10-binary.tar.gz", "cifar-10-batches-bin", loose),
    "Python archive": archive("cifar-10-python.tar.gz", "cifar-10-batches-py", pickled),
}


@pytest.fixture
def folder(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for CIFAR-10 on a machine without data; the published batches are the small ones of `ROWS`."""
    train = tuple(part(name, ROWS[name]) for name in NAMES)
    test, head = part("test_batch", ROWS["test_batch"]), part("test_batch_first1000", FIRST)
    parts = {"train": train, "test": (test,), "fit": train[:4], "held-out": train[4:]}
    monkeypatch.setattr(cifar10, "PARTS", parts)
    monkeypatch.setattr(cifar10, "TEST", test)
    monkeypatch.setattr(cifar10, "HEADS", {test: head})
    place = bare.parent / "named" / "cifar10"
    place.mkdir(parents=True)
    monkeypatch.setenv("SPIKECIM_DATA", str(place.parent))
    return place


def write(place: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (place / name).write_bytes(data)


def channels_last(rows: Row) -> np.ndarray:
    return np.moveaxis(rows[0].reshape(-1, 3, 32, 32), 1, -1)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_images(folder: Path, form: str) -> None:
    write(folder, FORMS[form])
    train, test = (load("cifar10", split, download=False) for split in ("train", "test"))
    np.testing.assert_array_equal(train.images, np.concatenate([channels_last(ROWS[name]) for name in NAMES]))
    np.testing.assert_array_equal(test.images, channels_last(ROWS["test_batch"]))
    assert train.labels.tolist() == [label for name in NAMES for label in ROWS[name][1]]
    assert test.labels.tolist() == ROWS["test_batch"][1]
    assert test.images.dtype == test.labels.dtype == np.uint8
    assert test.complete
    assert test.extent == "6 test images"
    assert locate("cifar10") == str(folder)
    assert train.origin == f"{folder / next(iter(FORMS[form]))}" + (" and 4 more" if len(FORMS[form]) > 1 else "")


@pytest.mark.parametrize("place", ["cifar10/cifar-10-batches-py", "cifar-10-batches-bin", "."])
def test_only_known_folders(folder: Path, place: str) -> None:
    elsewhere = folder.parent / place
    elsewhere.mkdir(exist_ok=True)
    write(elsewhere, FORMS["binary"])
    found = place != "cifar10/cifar-10-batches-py"
    assert (locate("cifar10") is not None) == found


def test_held_out_is_the_fifth_batch(folder: Path) -> None:
    write(folder, FORMS["xz"])
    fit, out = load("cifar10", "fit"), load("cifar10", "held-out")
    np.testing.assert_array_equal(out.images, channels_last(ROWS["data_batch_5"]))
    np.testing.assert_array_equal(fit.images, np.concatenate([channels_last(ROWS[name]) for name in NAMES[:4]]))
    assert held_out("cifar10") == "training batch 5 of 5"


@pytest.mark.parametrize("form", [loose, packed])
def test_the_first_test_images_alone_say_so(folder: Path, form: Forms) -> None:
    train = {name: data for name, data in FORMS["xz"].items() if not name.startswith("test")}
    write(folder, train | form("test_batch_first1000", FIRST))
    test = load("cifar10", "test", download=False)
    assert not test.complete
    assert test.extent == "first 2 of 6 test images"
    assert test.take(1).extent == "first 1 of 6 test images"
    np.testing.assert_array_equal(test.images, channels_last(ROWS["test_batch"])[:HEAD])
    assert locate("cifar10") == f"{folder} (first 2 of 6 test images)"
    write(folder, form("test_batch", ROWS["test_batch"]))
    assert load("cifar10", "test", download=False).complete


def test_only_what_is_asked_for_is_read(folder: Path) -> None:
    write(folder, FORMS["xz"])
    for name in NAMES[1:]:
        (folder / f"{name}.bin.xz").write_bytes(b"damaged")
    assert load("cifar10", "test").n_samples == N
    some = load("cifar10", "train", limit=N)
    assert some.extent == "first 6 of 30 train images"
    with pytest.raises(DataError, match="data_batch_2"):
        load("cifar10", "train", limit=N + 1)


def test_a_batch_is_read_once_until_its_file_changes(folder: Path) -> None:
    write(folder, FORMS["binary"])
    first = load("cifar10", "held-out")
    assert load("cifar10", "held-out").images is first.images
    assert not first.images.flags.writeable
    (folder / "data_batch_5.bin").write_bytes(b"damaged")
    with pytest.raises(DataError, match="truncated"):
        load("cifar10", "held-out")


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


ROW = ROWS["test_batch"]
RECORDS = binary(ROW)
BAD_LABEL = (ROW[0], [*ROW[1][:3], 10, *ROW[1][4:]])
TAR = "cifar-10-binary.tar.gz"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("test_batch.bin", RECORDS[:-1], "truncated: 18,437 bytes, not the 18,438 of 6 records"),
        ("test_batch.bin", RECORDS + b"x", "too long: 18,439 bytes"),
        ("test_batch.bin", b"", "truncated: 0 bytes"),
        ("test_batch.bin", binary(BAD_LABEL), "record 3 has label 10; allowed: 0 to 9"),
        ("test_batch.bin", flipped(RECORDS, 500), "not the published test_batch (sha256 of the records expected"),
        ("test_batch.bin.xz", lzma.compress(RECORDS)[:-40], "truncated xz file"),
        ("test_batch.bin.xz", b"", "truncated xz file of 0 bytes"),
        ("test_batch.bin.xz", b"<html>404</html>", "damaged xz file, or none"),
        ("test_batch.bin.xz", lzma.compress(RECORDS + bytes(9_000_000)), "unpacks to more than the expected 18,438"),
        ("test_batch.bin.xz", lzma.compress(RECORDS[:-1]), "truncated: 18,437 bytes"),
        ("test_batch.bin.xz", lzma.compress(flipped(RECORDS, 1)), "not the published test_batch"),
        ("test_batch", old_pickle(BAD_LABEL), "record 3 has label 10"),
        ("test_batch", old_pickle((ROW[0], [*ROW[1][:5], 255])), "record 5 has label 255"),
        ("test_batch", old_pickle((ROW[0][:5], ROW[1])), "data (5, 3072) and 6 labels, not the 6 records"),
        ("test_batch", old_pickle((ROW[0] ^ 1, ROW[1])), "not the published test_batch"),
        (TAR, tar_gz({"a/test_batch.bin": RECORDS[:-3073]}), "truncated: 15,365 bytes"),
        (TAR, tar_gz({"a/test_batch.bin": flipped(RECORDS, 9)}), "not the published test_batch"),
        (TAR, tar_gz({"a/other.bin": RECORDS}), "archive without a file test_batch.bin"),
        (TAR, tar_gz({"../test_batch.bin": RECORDS}), "path that leads out of it ('../test_batch.bin')"),
        (TAR, RECORDS, "damaged .tar.gz archive, or none"),
    ],
)
def test_damage_is_one_clear_line(folder: Path, name: str, data: bytes, words: str) -> None:
    (folder / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        load("cifar10", "test", download=False)
    message = str(caught.value)
    assert words in message
    assert str(folder / name) in message
    assert "spikecim data fetch cifar10" in message
    assert "\n" not in message


def test_nowhere(folder: Path) -> None:
    assert locate("cifar10") is None
    with pytest.raises(DataNotFoundError, match=r"cifar10: not in .*switched off.*cifar10/cifar-10-binary.tar.gz"):
        load("cifar10", "test", download=False)


def test_downloaded_archive_is_used(folder: Path, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(entry: object, file: object, to: Path, *, progress: bool = False) -> str:
        asked.append(file)
        to.mkdir(parents=True)
        write(to, FORMS["binary archive"])
        return "https://host/cifar-10-binary.tar.gz"

    monkeypatch.setattr("spikecim.datasets.fetch.download_file", download)
    assert load("cifar10", "train").n_samples == 5 * N
    assert load("cifar10", "test").complete
    assert asked == [cifar10.BINARY]
    assert locate("cifar10") == str(bare / "cifar10")


def test_published_parts() -> None:
    whole = [*cifar10.TRAIN, cifar10.TEST, cifar10.TEST_HEAD]
    assert len({one.sha256 for one in whole}) == 7
    assert all(len(one.sha256) == 64 for one in whole)
    assert [one.n_bytes for one in whole] == [30_730_000] * 6 + [3_073_000]
    assert isinstance(whole[0], Part)
