"""The small strip in a table row: published value in the middle, emulated value and interval around it."""

from __future__ import annotations

from spikecim.results.findings import Row

WIDTH, HEIGHT, EDGE = 136.0, 20.0, 6.0


def strip(row: Row) -> str:
    """Return an SVG element that shows whether the interval of `row` reaches its published value."""
    away = max(abs(value - row.published) for value in (row.low, row.emulated, row.high))
    scale = (WIDTH / 2 - EDGE) / away if away > 0 else 0.0
    low, middle, high = (WIDTH / 2 + scale * (value - row.published) for value in (row.low, row.emulated, row.high))
    x, y = WIDTH / 2, HEIGHT / 2
    diamond = f"M{x},{y - 7}L{x + 5},{y}L{x},{y + 7}L{x - 5},{y}Z"
    return (
        f'<svg class="strip" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-hidden="true">'
        f'<line x1="0" x2="{WIDTH:g}" y1="{y:g}" y2="{y:g}" stroke="var(--rule)"/>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:g}" y2="{y:g}" stroke="var(--accent)" stroke-width="4"/>'
        f'<path d="{diamond}" fill="var(--paper)" stroke="var(--warm)" stroke-width="1.8"/>'
        f'<circle cx="{middle:.1f}" cy="{y:g}" r="3.6" fill="var(--accent)"/></svg>'
    )
