"""Bytes out of plain, xz and tar.gz files, with a bound on what a damaged or hostile file can ask for."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zlib
from pathlib import Path, PurePosixPath

MEGABYTE = 1 << 20
MAX_FILE = 64 * MEGABYTE  # the largest file of any archive we read has 31 MB
MAX_ARCHIVE = 512 * MEGABYTE  # unpacked
MAX_XZ_MEMORY = 256 * MEGABYTE


def read_plain(path: Path) -> bytes:
    """Return the bytes of a file; `ValueError` if it is larger than any we read."""
    _refuse_giant(path.stat().st_size)
    return path.read_bytes()


def read_xz(path: Path, n_bytes: int) -> bytes:
    """Return the unpacked bytes of an xz file, of which there must be `n_bytes`.

    Raises
    ------
    ValueError
        If it is truncated, damaged, no xz file, or unpacks to more; never is more than one byte too many unpacked.
    """
    packed = read_plain(path)
    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY)
    try:
        data = unpacker.decompress(packed, n_bytes + 1)
    except lzma.LZMAError as fault:
        raise ValueError(f"damaged xz file, or none ({fault})") from fault
    if len(data) > n_bytes:
        raise ValueError(f"unpacks to more than the expected {n_bytes:,} bytes")
    if not unpacker.eof:
        raise ValueError(f"truncated xz file of {len(packed):,} bytes")
    return data


def read_member(path: Path, name: str) -> bytes:
    """Return the file `name` inside a .tar.gz, in whichever folder of it; nothing is written to disk.

    Raises
    ------
    ValueError
        If the archive is truncated, damaged or none, has no such file, or a member in front of it is giant or has a
        path that leads out of the archive.
    """
    try:
        with gzip.open(path) as unpacked, tarfile.open(fileobj=_Bounded(unpacked), mode="r|") as archive:
            for member in archive:
                _check_member(member)
                if PurePosixPath(member.name).name == name:
                    return _content(archive, member)
    except EOFError as fault:
        raise ValueError(f"truncated archive of {path.stat().st_size:,} bytes") from fault
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error) as fault:
        raise ValueError(f"damaged .tar.gz archive, or none ({fault})") from fault
    raise ValueError(f"archive without a file {name}")


class _Bounded(io.RawIOBase):
    """A stream that stops a tar header from asking for more than `MAX_ARCHIVE` bytes in all."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = MAX_ARCHIVE

    def read(self, n_bytes: int = -1, /) -> bytes:
        data = self._stream.read(n_bytes)
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"archive of more than {MAX_ARCHIVE // MEGABYTE} MiB unpacked")
        return data


def _check_member(member: tarfile.TarInfo) -> None:
    place = PurePosixPath(member.name)
    if place.is_absolute() or ".." in place.parts:
        raise ValueError(f"archive with a path that leads out of it ({member.name!r})")
    _refuse_giant(member.size, f" for {member.name!r}")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member) if member.isfile() else None
    if stream is None:
        raise ValueError(f"{member.name!r} in the archive is a link or a folder, not a file")
    return stream.read()


def _refuse_giant(n_bytes: int, where: str = "") -> None:
    if n_bytes > MAX_FILE:
        raise ValueError(f"{n_bytes:,} bytes{where}; allowed: at most {MAX_FILE // MEGABYTE} MiB")
