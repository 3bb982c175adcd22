"""Small batches of CIFAR-10's kind in each of the forms that it was published in."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
from collections.abc import Mapping

import numpy as np

from spikecim.datasets.records import N_VALUES, Part

Row = tuple[np.ndarray, list[int]]


def batch(n: int, seed: int) -> Row:
    """Random pixels (n, 3072) and labels."""
    draws = np.random.default_rng(seed)
    return draws.integers(0, 256, (n, N_VALUES), dtype=np.uint8), draws.integers(0, 10, n).tolist()


def binary(rows: Row) -> bytes:
    """The records of the binary version."""
    pixels, labels = rows
    return b"".join(bytes([label]) + row.tobytes() for row, label in zip(pixels, labels, strict=True))


def part(name: str, rows: Row) -> Part:
    return Part(name=name, n_records=len(rows[1]), sha256=hashlib.sha256(binary(rows)).hexdigest())


def _short(text: str) -> bytes:
    return b"U" + bytes([len(text)]) + text.encode()


def old_pickle(rows: Row, *, name: str = "numpy.core.multiarray\n_reconstruct") -> bytes:
    """The Python version, opcode by opcode as Python 2.7 and its numpy wrote it (protocol 2)."""
    pixels, labels = rows
    raw = pixels.tobytes()
    array = (
        b"c" + name.encode() + b"\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09"
        b"(K\x01" + b"M" + struct.pack("<H", len(pixels)) + b"M" + struct.pack("<H", N_VALUES) + b"\x86"
        b"cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + struct.pack("<I", len(raw)) + raw + b"tb"
    )
    numbers = b"]q\x05(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    names = b"]q\x0b(" + b"".join(_short(f"image_{index}.png") for index in range(len(labels))) + b"e"
    fields = (
        _short("batch_label") + _short("training batch 1 of 5"),
        _short("labels") + numbers,
        _short("data") + array,
        _short("filenames") + names,
    )
    return b"\x80\x02}q\x01(" + b"".join(fields) + b"u."


def tar_gz(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of `files` by member name."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()
