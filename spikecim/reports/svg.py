"""An SVG made to live inside a page: own ids, no styles that leak, fonts and colours left to the page."""

from __future__ import annotations

import re
from html import escape

from spikecim.reports.style import ROLES

SANS = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
_FONT = re.compile(r"font(-family)?: ([^;\"]*?)'?DejaVu Sans'?[^;\"]*")


def standalone(svg: str) -> str:
    """Return `svg` with fonts that other programs have."""
    return _FONT.sub(lambda found: f"font{found[1] or ''}: {found[2]}{SANS}", svg)


def inline(svg: str, prefix: str, label: str) -> str:
    """Return the `<svg>` element for a page.

    Parameters
    ----------
    prefix : str
        Put before every id; no other figure of the page may have it.
    label : str
        What a screen reader says.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*</defs>", "", body)
    body = _own_ids(body, prefix)
    body = _colours(_FONT.sub(lambda found: f"font-size: {found[2].strip()}" if found[2].strip() else "", body))
    body = re.sub(r"\s*\n\s*", "\n", body)
    head, _, rest = body.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box[0] if box else ""}'
    )
    return f'{opening} role="img" aria-label="{escape(label)}">{rest}'


def _own_ids(body: str, prefix: str) -> str:
    """Prefix the ids that something points to, and drop the others."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))

    def renamed(found: re.Match[str]) -> str:
        return f' id="{prefix}-{found[1]}"' if found[1] in used else ""

    body = re.sub(r'\sid="([^"]*)"', renamed, body)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", body)


def _colours(body: str) -> str:
    """Name the palette, so that the page decides what ink and paper are."""
    for role, colour in ROLES.items():
        body = re.sub(rf"{colour}\b", f"var(--fig-{role})", body, flags=re.IGNORECASE)
    return body
