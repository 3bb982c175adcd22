"""Optional packages: one line that says which `pip install` helps when one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spikecim.errors import MissingExtraError


@contextmanager
def needs(extra: str, purpose: str) -> Iterator[None]:
    """Wrap the import of a package of the extra `extra`, needed for `purpose`.

    Raises
    ------
    MissingExtraError
        If the import fails; the message names the pip line.
    """
    try:
        yield
    except ImportError as error:
        package = error.name or extra
        raise MissingExtraError(
            f'{purpose} needs the package {package}, which is not installed; do: pip install "spikecim[{extra}]"'
        ) from None
