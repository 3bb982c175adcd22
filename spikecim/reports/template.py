"""Fill the HTML templates beside this file: everything is escaped but what is marked as markup."""

from __future__ import annotations

import re
from typing import Any


def render(name: str, **values: Any) -> str:
    """Fill `templates/<name>`; a value that the template asks for and is not given is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("spikecim.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["tidy"] = _held_together
    return environment.get_template(name).render(**values)


def _held_together(text: str) -> str:
    """Numbers and their units do not part at the end of a line."""
    return type(text)(re.sub(r"(?<=\d) (?=%|[pnµ]J|nm)", "\u00a0", text))
