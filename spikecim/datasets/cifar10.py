"""CIFAR-10 (A. Krizhevsky, 2009) from the binary or the Python archive, their loose files, or records packed with xz.

Each part is read only when it is asked for and kept in memory then (all six together: 184 MB).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.datasets import containers
from spikecim.datasets.catalogue import Download, Published
from spikecim.datasets.fetch import data_folders, download_to_cache
from spikecim.datasets.held_out import FIT, HELD_OUT
from spikecim.datasets.images import ImageSet
from spikecim.datasets.pickled import read_batch
from spikecim.datasets.records import Part, Samples, from_bytes, from_columns
from spikecim.errors import DataError

CIFAR10 = Published(
    name="cifar10",
    title="CIFAR-10, 32x32 objects in colour, 50,000 train and 10,000 test",
    folder="cifar10",
    mirrors=("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
    licence="no explicit licence; published for research use, the authors ask for the citation",
    citation='A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", Technical Report, '
    "University of Toronto, 2009",
)
BINARY = Download(
    name="cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
PYTHON_NAME = "cifar-10-python.tar.gz"
# Where the archives unpack to.
FOLDERS = (CIFAR10.folder, "cifar-10-batches-bin", "cifar-10-batches-py", "")

_TRAIN_SHA256 = (
    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
)
TRAIN = tuple(
    Part(name=f"data_batch_{number}", n_records=10_000, sha256=sha256)
    for number, sha256 in enumerate(_TRAIN_SHA256, start=1)
)
TEST = Part(
    name="test_batch",
    n_records=10_000,
    sha256="8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
)
TEST_HEAD = Part(
    name="test_batch_first1000",
    n_records=1_000,
    sha256="8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5",
)
PARTS: Mapping[str, tuple[Part, ...]] = {"train": TRAIN, "test": (TEST,), FIT: TRAIN[:4], HELD_OUT: TRAIN[4:]}
# What will do when a part is nowhere: only its first records.
HEADS: Mapping[Part, Part] = {TEST: TEST_HEAD}
RULE = "training batch 5 of 5"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A part in a file: `form` says how to get it out."""

    part: Part
    form: str
    path: Path


def _binary_member(path: Path, part: Part) -> Samples:
    return from_bytes(containers.read_member(path, f"{part.name}.bin"), part)


def _pickled_member(path: Path, part: Part) -> Samples:
    return from_columns(*read_batch(containers.read_member(path, part.name)), part)


# form -> (name of the file, reader), the fastest first.
FORMS: Mapping[str, tuple[str, Callable[[Path, Part], Samples]]] = {
    "binary": ("{part}.bin", lambda path, part: from_bytes(containers.read_plain(path), part)),
    "xz": ("{part}.bin.xz", lambda path, part: from_bytes(containers.read_xz(path, part.n_bytes), part)),
    "binary archive": (BINARY.name, _binary_member),
    "pickled": ("{part}", lambda path, part: from_columns(*read_batch(containers.read_plain(path)), part)),
    "Python archive": (PYTHON_NAME, _pickled_member),
}
LOOSE = ("binary", "xz")


def read_cifar10(split: str, *, limit: int | None = None, download: bool = True, progress: bool = False) -> ImageSet:
    """Return a split, or its first `limit` images; no batch is read that they do not lie in.

    Raises
    ------
    DataError
        If a file is truncated, damaged or has other records than the published ones.
    DataNotFoundError
        If a batch is neither on this machine nor reachable.
    """
    parts = PARTS[split]
    sources: list[Source] = []
    samples: list[Samples] = []
    for part in parts:
        sources.append(_source(part, download, progress))
        samples.append(read_source(sources[-1]))
        if limit is not None and sum(len(labels) for _, labels in samples) >= limit:
            break
    images = ImageSet(
        name=CIFAR10.name,
        split=split,
        images=_joined([images for images, _ in samples]),
        labels=_joined([labels for _, labels in samples]),
        origin=_origin([source.path for source in sources]),
        n_published=sum(part.n_records for part in parts),
    )
    return images.check().head(limit)


def locate_cifar10() -> str | None:
    """Return in words where all six batches would be read from, or None if one would have to be downloaded."""
    found = [find_source(part) for part in PARTS["train"] + PARTS["test"]]
    if None in found:
        return None
    test = found[-1]
    assert test is not None
    if test.part == TEST:
        return str(test.path.parent)
    return f"{test.path.parent} (first {test.part.n_records:,} of {TEST.n_records:,} test images)"


def find_source(part: Part) -> Source | None:
    """Return the first file that has `part`, or its head where there is no more; not yet read."""
    for folder in (data / name for data in data_folders() for name in FOLDERS):
        for source in _candidates(folder, part):
            if source.path.is_file():
                return source
    return None


def read_source(source: Source) -> Samples:
    """Return images and labels, checked; read once as long as the file does not change."""
    try:
        state = source.path.stat()
        return _read(source, state.st_mtime_ns, state.st_size)
    except OSError as fault:
        reason = fault.strerror or fault
        raise DataError(f"{source.path}: cannot be read ({reason}); make it a readable file") from fault
    except ValueError as fault:
        remedy = f"delete it and download it again: spikecim data fetch {CIFAR10.name}"
        raise DataError(f"{source.path}: {fault}; {remedy}") from fault


@functools.lru_cache(maxsize=len(TRAIN) + 1)
def _read(source: Source, changed_ns: int, n_bytes: int) -> Samples:
    return FORMS[source.form][1](source.path, source.part)


def _candidates(folder: Path, part: Part) -> Iterator[Source]:
    for form, (name, _) in FORMS.items():
        yield Source(part=part, form=form, path=folder / name.format(part=part.name))
    if part in HEADS:
        head = HEADS[part]
        for form in LOOSE:
            yield Source(part=head, form=form, path=folder / FORMS[form][0].format(part=head.name))


def _source(part: Part, download: bool, progress: bool) -> Source:
    found = find_source(part)
    if found is not None:
        return found
    fetched = download_to_cache(CIFAR10, BINARY, download=download, progress=progress)
    return Source(part=part, form="binary archive", path=fetched.path)


def _joined(arrays: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _origin(paths: list[Path]) -> str:
    places = list(dict.fromkeys(paths))
    others = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{places[0]}{others}"
