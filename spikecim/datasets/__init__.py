"""Labelled images: MNIST, Fashion-MNIST and CIFAR-10 from files or mirrors, and the digits inside scikit-learn."""

from __future__ import annotations

from dataclasses import replace

from spikecim.datasets.catalogue import CATALOGUE, SPLITS, Entry
from spikecim.datasets.choices import check_choice
from spikecim.datasets.cifar10 import CIFAR10, locate_cifar10, read_cifar10
from spikecim.datasets.cifar10 import RULE as CIFAR10_RULE
from spikecim.datasets.digits import NAME as DIGITS
from spikecim.datasets.digits import ORIGIN, read_digits
from spikecim.datasets.fetch import fetch_file, find_file
from spikecim.datasets.held_out import FIT, HELD_OUT_SPLITS, RULE, held_out_split
from spikecim.datasets.idx import read_idx
from spikecim.datasets.images import ImageSet

__all__ = ["HELD_OUT_SPLITS", "NAMES", "SPLITS", "ImageSet", "held_out", "load", "locate"]

NAMES = (*CATALOGUE, CIFAR10.name, DIGITS)


def load(name: str, split: str, *, limit: int | None = None, download: bool = True, progress: bool = False) -> ImageSet:
    """Return one split of a data set, verified.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    split : str
        "train" or "test"; or a part of "train": "held-out", by the rule that `held_out` tells, and "fit", the others.
    limit : int or None
        Only the first images; all, if there are no more. `ImageSet.extent` says what was loaded.
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
    check_choice("split", split, (*SPLITS, *HELD_OUT_SPLITS))
    if name == CIFAR10.name:
        return read_cifar10(split, limit=limit, download=download, progress=progress)
    published = split if split in SPLITS else "train"
    images = read_digits(published) if name == DIGITS else _load_entry(CATALOGUE[name], published, download, progress)
    return (images if split == published else _part(images, split)).head(limit)


def held_out(name: str) -> str:
    """Return in words which training images of `name` the split "held-out" has; `ParameterError` if it is unknown."""
    check_choice("data set", name, NAMES)
    return CIFAR10_RULE if name == CIFAR10.name else RULE


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
    if name == CIFAR10.name:
        return locate_cifar10()
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


def _part(train: ImageSet, split: str) -> ImageSet:
    fit, out = held_out_split(train.n_samples)
    chosen = fit if split == FIT else out
    return replace(train, split=split, images=train.images[chosen], labels=train.labels[chosen])
