"""Labelled images: MNIST and Fashion-MNIST from files or mirrors, and the digits inside scikit-learn."""

from __future__ import annotations

from spikecim.datasets.catalogue import CATALOGUE, SPLITS, Entry
from spikecim.datasets.choices import check_choice
from spikecim.datasets.digits import NAME as DIGITS
from spikecim.datasets.digits import ORIGIN, read_digits
from spikecim.datasets.fetch import fetch_file, find_file
from spikecim.datasets.idx import read_idx
from spikecim.datasets.images import ImageSet

__all__ = ["NAMES", "SPLITS", "ImageSet", "load", "locate"]

NAMES = (*CATALOGUE, DIGITS)


def load(name: str, split: str, *, download: bool = True, progress: bool = False) -> ImageSet:
    """Return one split of a data set, verified.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    split : str
        "train" or "test".
    download : bool
        Use a public mirror if the files are not on this machine.
    progress : bool
        Show a bar on standard error while downloading.

    Raises
    ------
    ParameterError
        If the name or the split is unknown.
    DataError
        If a file has another checksum than the published one.
    DataNotFoundError
        If a file is neither on this machine nor reachable.
    """
    check_choice("data set", name, NAMES)
    check_choice("split", split, SPLITS)
    if name == DIGITS:
        return read_digits(split)
    return _load_entry(CATALOGUE[name], split, download, progress)


def locate(name: str) -> str | None:
    """Return in words where `name` would be read from, or None if a file of it would have to be downloaded.

    Raises
    ------
    ParameterError
        If the name is unknown.
    """
    check_choice("data set", name, NAMES)
    if name == DIGITS:
        return ORIGIN
    entry = CATALOGUE[name]
    folders = [path.parent for file in entry.files() if (path := find_file(entry, file))]
    return str(folders[0]) if len(folders) == len(entry.files()) else None


def _load_entry(entry: Entry, split: str, download: bool, progress: bool) -> ImageSet:
    files = (entry.images[split], entry.labels[split])
    images, labels = (fetch_file(entry, file, download=download, progress=progress) for file in files)
    return ImageSet(
        name=entry.name,
        split=split,
        images=read_idx(images.path, dataset=entry.name),
        labels=read_idx(labels.path, dataset=entry.name),
        origin=images.origin,
    ).check()
