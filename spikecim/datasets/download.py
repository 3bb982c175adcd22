"""Downloads one file with pooch: each mirror once, a checksum before the file counts, short time-outs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from spikecim.datasets.catalogue import Download, Published
from spikecim.datasets.progress import DownloadBar
from spikecim.errors import DataNotFoundError, OutputError

TIMEOUT_S = (3.0, 10.0)  # to connect; between two pieces of the file
CHUNK_BYTES = 1 << 16


def download_file(entry: Published, file: Download, folder: Path, *, progress: bool = False) -> str:
    """Download `file` into `folder` and return the URL it came from.

    Raises
    ------
    DataNotFoundError
        If no mirror gives the published bytes; the message says what each one did.
    OutputError
        If `folder` cannot be written.
    """
    from requests.exceptions import RequestException

    refusals = []
    for mirror in entry.mirrors:
        try:
            _retrieve(mirror + file.name, file, folder, progress)
        except (RequestException, ValueError) as fault:
            refusals.append(f"{urlsplit(mirror).netloc}: {_reason(fault)}")
        except OSError as fault:
            reason = fault.strerror or fault
            raise OutputError(f"{folder}: cannot store {file.name} ({reason}); free space or permit writing") from fault
        else:
            return mirror + file.name
    raise DataNotFoundError(f"no mirror gave {file.name} ({'; '.join(refusals)})")


def _retrieve(url: str, file: Download, folder: Path, progress: bool) -> None:
    import pooch

    with _quiet(), DownloadBar(file.name) if progress else contextlib.nullcontext(False) as bar:
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK_BYTES, timeout=TIMEOUT_S)
        pooch.retrieve(url, f"sha256:{file.sha256}", fname=file.name, path=folder, downloader=downloader)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep pooch from writing to the terminal, which belongs to the command line."""
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)


def _reason(fault: Exception) -> str:
    from requests.exceptions import RequestException, Timeout

    if isinstance(fault, Timeout):
        return "time-out"
    if not isinstance(fault, RequestException):
        return "wrong checksum"
    return "no connection" if fault.response is None else f"HTTP {fault.response.status_code}"
