"""The page of a comparison of conversions: one self-contained HTML file."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.comparison_figures import chips_of
from spikecim.reports.comparison_plates import comparison_plates, findings
from spikecim.reports.comparison_terminal import reading, refusals
from spikecim.reports.template import render
from spikecim.reports.wording import number, several, signed, significant
from spikecim.results.comparison import Comparison, ComparisonRow, Disagreement
from spikecim.version import __version__

_TILE = 84  # CSS pixels of an image's longer side


def comparison_html(comparison: Comparison) -> str:
    """Table, findings, figures, misread images and settings of `comparison` as one page."""
    from markupsafe import Markup

    from spikecim.reports.style import svg_of
    from spikecim.reports.svg import inline

    plates = [
        {
            "id": plate.id,
            "title": plate.title,
            "caption": plate.caption,
            "svg": Markup(inline(svg_of(plate.draw()), plate.id, plate.title)),
        }
        for plate in comparison_plates(comparison)
    ]
    return render("comparison.html", page=_page(comparison, plates))


def _page(comparison: Comparison, plates: list[dict[str, Any]]) -> dict[str, Any]:
    images = _image_groups(comparison)
    sections = [("table", "Table")]
    sections += [("findings", "In short")] if comparison.rows else []
    sections += [("figures", "Figures")] if plates else []
    sections += [("images", "Images")] if images else []
    return {
        "title": f"{comparison.network} on {comparison.dataset}",
        "subtitle": (
            f"The float ANN reads {number(100 * comparison.ann_accuracy, '%')} % and takes {comparison.macs:,} "
            "multiply-accumulate operations an image."
        ),
        "meta": [
            ("images", comparison.origin),
            ("chips", ", ".join(chips_of(comparison))),
            ("seed", comparison.facts.get("seed", "")),
            ("spikecim", __version__),
        ],
        "banner": "Interrupted: rows that were asked for are missing." if comparison.interrupted else None,
        "version": __version__,
        "head": _HEAD,
        "tables": [
            {
                "chip": chip,
                "rows": [{"cells": _cells(row), "total": False} for row in comparison.rows if row.chip == chip],
            }
            for chip in chips_of(comparison)
        ],
        "reading": reading(comparison),
        "refused": refusals(comparison),
        "findings": findings(comparison),
        "plates": plates,
        "images": images,
        "layers": [_layer_table(row) for row in comparison.rows if row.layers],
        "settings": list(comparison.facts.items()),
        "papers": list({row.conversion: _paper(row) for row in comparison.rows}.items()),
        "sections": [*sections, ("layers-table", "Layers"), ("settings", "Settings")],
    }


_HEAD = (
    "Conversion",
    "Accuracy, %",
    "Interval",
    "vs ANN, points",
    "Input spikes",
    "Spikes fired",
    "Synaptic events",
    "Core, nJ",
    "Chip, nJ",
    "Ticks",
    "Time-out, %",
    "Cells",
)


def _cells(row: ComparisonRow) -> list[str]:
    late = f"{100 * row.time_out:.0f}" if row.margins is not None else "–"
    return [
        row.conversion,
        number(100 * row.accuracy, "%"),
        f"{100 * row.accuracy_low:.2f} to {100 * row.accuracy_high:.2f}",
        signed(-row.loss_vs_ann_pp),
        significant(row.input_spikes_per_image),
        significant(row.spikes_per_image),
        significant(row.synaptic_events_per_image),
        significant(row.energy_core_nj),
        significant(row.energy_chip_nj),
        significant(row.latency_ticks),
        late,
        f"{row.n_cells:,}",
    ]


def _paper(row: ComparisonRow) -> str:
    """Citation, and what the conversion asks of the circuits beyond SPIRIT's."""
    needs = row.notes.get("needs")
    return f"{row.notes.get('paper', '')}{f'. Needs, unpaid for: {needs}.' if needs else ''}"


def _layer_table(row: ComparisonRow) -> dict[str, Any]:
    head = ("Layer", "Correlation", "Rms error, %", "Saturated, %", "Silent, %", "Spikes", "Synaptic events")
    rows = [
        {
            "cells": [
                layer.name,
                _or_dash(f"{layer.correlation:.4f}"),
                _or_dash(f"{100 * layer.error_rel:.1f}"),
                f"{100 * layer.saturated:.2f}",
                f"{100 * layer.silent:.2f}",
                significant(layer.spikes_per_image),
                significant(layer.events_per_image),
            ],
            "total": False,
        }
        for layer in row.layers
    ]
    return {"title": f"{row.conversion} on {row.chip}", "head": head, "rows": rows}


def _or_dash(text: str) -> str:
    """Activations that are all equal have no correlation, all 0 no relative error."""
    return "–" if text == "nan" else text


def _image_groups(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "title": f"{row.conversion} on {row.chip}: {several(len(row.disagreements), 'image')}",
            "tiles": [_tile(image) for image in row.disagreements],
        }
        for row in comparison.rows
        if row.disagreements
    ]


def _tile(found: Disagreement) -> dict[str, Any]:
    pixels = np.rint(np.clip(found.image, 0.0, 1.0) * 255).astype(np.uint8)
    if pixels.ndim != 3:
        side = int(np.sqrt(pixels.size))
        pixels = pixels.reshape((side, side, 1) if side * side == pixels.size else (1, -1, 1))
    height, width = pixels.shape[:2]
    scale = _TILE / max(height, width)
    return {
        "source": f"data:image/png;base64,{base64.b64encode(png_of_pixels(pixels)).decode('ascii')}",
        "width": round(width * scale),
        "height": round(height * scale),
        "index": found.index,
        "label": found.label,
        "ann": found.ann,
        "snn": found.snn,
    }


def png_of_pixels(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file of `pixels`, uint8 (height, width, 1 or 3)."""
    from matplotlib.image import imsave

    target = io.BytesIO()
    # Grey images hold ink; ink is dark on paper.
    imsave(target, pixels if pixels.shape[2] == 3 else np.repeat(255 - pixels, 3, axis=2), format="png")
    return target.getvalue()
