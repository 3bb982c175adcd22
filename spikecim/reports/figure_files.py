"""Figures as files: PNG, and SVG with fonts that other programs have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecim.files import make_folder, replacing, write_text
from spikecim.reports.plate import Plate
from spikecim.reports.style import png_of, svg_of
from spikecim.reports.svg import inline, standalone

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Write `figure` as PNG and SVG beside each other, each whole or not at all."""
    png, svg = (stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "svg"))
    write_png(png_of(figure), png)
    write_svg(svg_of(figure), svg)
    return [png, svg]


def save_plates(plates: Iterable[Plate], out_dir: Path) -> tuple[list[tuple[Plate, str]], dict[str, Path]]:
    """Draw each of `plates` once and write it as figures/ID.png and .svg below `out_dir`.

    Returns
    -------
    list of (Plate, str)
        With the SVG, as a page takes it.
    dict of str to Path
        Where each file is, by its name relative to `out_dir`.
    """
    folder, drawn, written = make_folder(out_dir / "figures"), [], {}
    for plate in plates:
        figure = plate.draw()
        svg, png = svg_of(figure), png_of(figure)
        drawn.append((plate, svg))
        for kind in ("png", "svg"):
            written[f"figures/{plate.id}.{kind}"] = folder / f"{plate.id}.{kind}"
        write_png(png, folder / f"{plate.id}.png")
        write_svg(svg, folder / f"{plate.id}.svg")
    return drawn, written


def inlined(drawn: Iterable[tuple[Plate, str]]) -> list[dict[str, Any]]:
    """Plates with their SVG, as a template takes them."""
    from markupsafe import Markup

    return [
        {"id": p.id, "title": p.title, "caption": p.caption, "svg": Markup(inline(svg, p.id, p.title))}
        for p, svg in drawn
    ]


def write_png(image: bytes, path: Path) -> None:
    """Write what `style.png_of` drew, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(image)


def write_svg(svg: str, path: Path) -> None:
    """Write what `style.svg_of` drew, whole or not at all, for use outside a page."""
    write_text(path, standalone(svg))
