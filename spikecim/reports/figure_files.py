"""Figures as files: PNG, and SVG with fonts that other programs have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spikecim.files import replacing, write_text
from spikecim.reports.style import png_of, svg_of
from spikecim.reports.svg import standalone

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Write `figure` as PNG and SVG beside each other, each whole or not at all."""
    png, svg = (stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "svg"))
    write_png(png_of(figure), png)
    write_svg(svg_of(figure), svg)
    return [png, svg]


def write_png(image: bytes, path: Path) -> None:
    """Write what `style.png_of` drew, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(image)


def write_svg(svg: str, path: Path) -> None:
    """Write what `style.svg_of` drew, whole or not at all, for use outside a page."""
    write_text(path, standalone(svg))
