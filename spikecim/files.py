"""Writing without half-written files: to a temporary name in the same folder, then rename."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from spikecim.errors import OutputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on any failure.

    Raises
    ------
    OutputError
        If the folder is missing, not writable, or the disk is full.
    """
    temporary = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise explain(error, path) from error
    finally:
        # The folder may be gone or the name too long for it: the first error is the one to show.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> Path:
    """Create `path` and its parents, and prove that it can be written to.

    Raises
    ------
    OutputError
        If it cannot.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".write-test.{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise explain(error, path) from error
    return path


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    """Write `data` as strict JSON for people to read too, whole or not at all."""
    write_text(path, json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `rows`, one or more, whole or not at all; the keys of the first are the header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def explain(error: OSError, path: Path) -> OutputError:
    """What to raise when writing `path` failed with `error`."""
    reason = error.strerror or str(error).splitlines()[0]
    if isinstance(error, FileExistsError | NotADirectoryError):
        reason = f"{'it' if path.is_file() else 'part of the path'} is a file, not a folder"
    return OutputError(f"cannot write {path}: {reason}; choose another folder with --out or free some space")
