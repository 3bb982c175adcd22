"""TOML files that people write: read as plain data, every fault as one line."""

from __future__ import annotations

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from spikecim.errors import ParameterError


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
