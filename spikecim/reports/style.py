"""One look for every figure: a colour-blind-safe palette (Okabe-Ito), quiet axes, small enough for a phone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER, WASH = "#1c2126", "#5c6771", "#d9dde1", "#ffffff", "#e4eef5"
CHIP, PUBLISHED, SECOND, THIRD = "#0072b2", "#d55e00", "#e69f00", "#009e73"
# A page that knows these names can swap the colours of an inline figure, for example in the dark.
ROLES = {
    "ink": INK,
    "muted": MUTED,
    "rule": RULE,
    "paper": PAPER,
    "wash": WASH,
    "chip": CHIP,
    "published": PUBLISHED,
    "second": SECOND,
    "third": THIRD,
}
# 4.3 inch are 310 points: on a phone of 360 px a point is a bit more than a pixel, so 9.5-point type stays readable.
WIDTH = 4.3
SMALL, PNG_DPI = 8.5, 200
_RC = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 7.0,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "figure.facecolor": PAPER,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "butt",
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "spikecim",
}


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib settings of all figures, for the time of the block only."""
    import matplotlib as mpl

    with mpl.rc_context(_RC):
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure of `width` x `height` inch, bound to no window."""
    from matplotlib.figure import Figure as NewFigure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.04, hspace=0.04, wspace=0.03)
    return NewFigure(figsize=(width, height), layout=engine)


def y_title(axes: Axes, text: str) -> None:
    """Write the label of the vertical axis horizontally above it, where it reads without turning the head."""
    axes.set_ylabel(text)
    axes.yaxis.label.set_visible(False)
    axes.set_title(text)


def note(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    shift: tuple[float, float] = (0, 0),
    *,
    box: bool = False,
    **how: Any,
) -> None:
    """Write `text` at data coordinates, `shift` points away; in a `box` of paper where dots would run through it."""
    settings: dict[str, Any] = {"fontsize": SMALL, "color": INK, "annotation_clip": False, **how}
    if box:
        settings["bbox"] = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.85}
    axes.annotate(text, at, shift, textcoords="offset points", **settings)


def plain_log(axes: Axes, *, y: bool = False) -> None:
    """Write 1, 10 and 1,000 instead of powers of ten along a logarithmic axis; 2 and 5 too where it is short."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = axes.yaxis if y else axes.xaxis
    low, high = axes.get_ylim() if y else axes.get_xlim()
    if high < 50 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value == round(value) else f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def strokes(axes: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, **how: Any) -> None:
    """Draw vertical strokes as one path, which keeps an SVG of thousands of spikes small."""
    xs = np.repeat(np.asarray(x, float), 3)
    ys = np.column_stack([low, high, np.full(len(xs) // 3, np.nan)]).ravel() if len(xs) else np.zeros(0)
    axes.plot(xs, ys, marker="", **how)


def png_of(figure: Figure) -> bytes:
    """Render `figure` as PNG."""
    return _saved(figure, format="png", dpi=PNG_DPI)


def svg_of(figure: Figure) -> str:
    """Render `figure` as SVG with text as text; the same figure gives the same bytes."""
    undated = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    return _saved(figure, format="svg", metadata=undated).decode()


def _saved(figure: Figure, **how: Any) -> bytes:
    target = io.BytesIO()
    with styled():
        figure.savefig(target, **how)
        # Laid out once is enough; saving again in another format keeps the layout.
        figure.set_layout_engine("none")
    return target.getvalue()
