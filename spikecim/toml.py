"""TOML files that people write: read as plain data, every fault as one line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from spikecim.errors import ParameterError, hint


def read_toml(file: Path | Traversable, where: str, give: str) -> dict[str, Any]:
    """Content of `file`; a byte order mark, as some editors write it, is no fault.

    Parameters
    ----------
    where : str
        What messages call the file.
    give : str
        What to give instead: ``"the path of a study file"``.

    Raises
    ------
    ParameterError
        If it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8").removeprefix("\ufeff"))
    except OSError as error:
        raise ParameterError(f"{where}: cannot be read ({error.strerror}); give {give}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{where}: is not valid TOML ({error})") from None


def known_keys(table: Mapping[str, Any], known: Iterable[str], where: str, inside: str = "") -> None:
    """Refuse a key of `table` that is not in `known`, with the nearest name that is.

    Parameters
    ----------
    where : str
        What messages call the file.
    inside : str
        The table's own name with a dot behind, or nothing for the top of the file.

    Raises
    ------
    ParameterError
    """
    allowed = tuple(known)
    for key in table:
        if key not in allowed:
            near = hint(key, allowed, f"allowed: {', '.join(allowed)}")
            raise ParameterError(f"{where}: unknown key {inside + key!r}; {near}")
