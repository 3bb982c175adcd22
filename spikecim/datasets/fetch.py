"""Finds a data file on this machine, verifies it, and downloads it if it is nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spikecim.datasets.catalogue import CATALOGUE, DataFile, Download, Entry, Published
from spikecim.datasets.checksum import sha256_of, verify
from spikecim.datasets.download import download_file
from spikecim.errors import DataNotFoundError

DATA_VARIABLE = "SPIKECIM_DATA"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A verified file: where it lies and, in words, where it came from."""

    path: Path
    origin: str


def cache_folder() -> Path:
    """Return the user's cache folder of spikecim; downloads go to a subfolder for each data set."""
    import pooch

    return Path(pooch.os_cache("spikecim")).expanduser()


def data_folders() -> list[Path]:
    """Return where data is looked for, in order: $SPIKECIM_DATA, ./data, the user cache.

    Raises
    ------
    DataNotFoundError
        If $SPIKECIM_DATA is set but is no folder.
    """
    named = os.environ.get(DATA_VARIABLE)
    if named and not Path(named).is_dir():
        raise DataNotFoundError(f"{DATA_VARIABLE}: no folder {named}; set it to the folder with the data, or unset it")
    return [*([Path(named)] if named else []), Path("data"), cache_folder()]


def find_file(entry: Entry, file: DataFile) -> Path | None:
    """Return the first place that has `file`, or None; its bytes are not yet verified.

    Each of `data_folders` is tried as ``<folder>/<entry.folder>/<file>`` and ``<folder>/<file>``, .gz before unpacked.
    """
    for path in _candidates(entry, file):
        if path.is_file() and not _belongs_to_another_set(path, entry):
            return path
    return None


def fetch_file(entry: Entry, file: DataFile, *, download: bool = True, progress: bool = False) -> Fetched:
    """Return `file` with the published bytes, from this machine or from a mirror.

    Parameters
    ----------
    download : bool
        False forbids the network.
    progress : bool
        Show a bar on standard error while downloading.

    Raises
    ------
    DataError
        If the file that was found has another checksum.
    DataNotFoundError
        If it is not on this machine and cannot be downloaded.
    OutputError
        If the user cache cannot be written.
    """
    found = find_file(entry, file)
    if found is not None:
        verify(found, file, entry.name)
        return Fetched(path=found, origin=str(found))
    return download_to_cache(entry, file, download=download, progress=progress)


def download_to_cache(entry: Published, file: Download, *, download: bool = True, progress: bool = False) -> Fetched:
    """Return `file`, which is nowhere on this machine, from a mirror; errors and parameters as of `fetch_file`."""
    if not download:
        raise DataNotFoundError(_nowhere(entry, file, "downloading is switched off"))
    folder = cache_folder() / entry.folder
    try:
        url = download_file(entry, file, folder, progress=progress)
    except DataNotFoundError as fault:
        raise DataNotFoundError(_nowhere(entry, file, str(fault))) from fault
    return Fetched(path=folder / file.name, origin=f"downloaded from {url}")


def _candidates(entry: Entry, file: DataFile) -> Iterator[Path]:
    for folder in data_folders():
        for place in (folder / entry.folder, folder):
            yield place / file.name
            yield place / file.unpacked_name


def _belongs_to_another_set(path: Path, entry: Entry) -> bool:
    """Tell MNIST from Fashion-MNIST, which use the same file names, in a folder that names neither."""
    if path.parent.name == entry.folder:
        return False
    others = [file for other in CATALOGUE.values() if other.name != entry.name for file in other.files()]
    return sha256_of(path) in {checksum for file in others for checksum in (file.sha256, file.unpacked_sha256)}


def _nowhere(entry: Published, file: Download, reason: str) -> str:
    looked = ", ".join(str(folder) for folder in data_folders())
    remedy = f"set {DATA_VARIABLE} to a folder that holds {entry.folder}/{file.name}"
    return f"{entry.name}: not in {looked}, and {reason}; {remedy}"
