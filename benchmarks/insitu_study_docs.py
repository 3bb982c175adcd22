"""Fill docs/train-insitu.md from a finished study: `python -m benchmarks.insitu_study_docs out/nonlinearity`."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from spikecim.results.insitu_data import read_insitu
from spikecim.results.insitu_table import CellResult, InsituTable, MeanInterval

DOCS = Path(__file__).resolve().parents[1] / "docs"
START, END = "<!-- nonlinearity: begin -->", "<!-- nonlinearity: end -->"
FIGURES = ("accuracy", "rates")


def table(found: InsituTable) -> Iterator[str]:
    """One row for each device: the reference rule and the first of the others; the better one stands out."""
    other = next(rule for rule in found.study["rules"] if rule != found.reference)
    yield (
        f"| device | labels | {found.reference} | at rate | {other} | at rate | gain, points | pulses a cell, "
        f"{found.reference} | {other} |"
    )
    yield "| --- |" + " --- |" * 8
    gains = {gain.device: gain.gain for gain in found.gains if gain.rule == other}
    for device in found.devices:
        one, two = found.cell(device.name, found.reference), found.cell(device.name, other)
        gain = gains[device.name]
        better = 0 if gain is None or gain.low is None or gain.high is None else (gain.low > 0) - (gain.high < 0)
        cells = [
            f"`{device.name}`",
            "table" if device.ltp is None or device.ltd is None else f"{_label(device.ltp)} / {_label(device.ltd)}",
            _bold(_half(one.test), better < 0),
            _rate(one),
            _bold(_half(two.test), better > 0),
            _rate(two),
            _half(gain, sign="+"),
            _pulses(one),
            _pulses(two),
        ]
        yield "| " + " | ".join(cells) + " |"
    seeds = found.study["seeds"]
    yield ""
    yield (
        f"{found.trainings} trainings, {found.failed} failed; seeds from {seeds['first']}: {seeds['tuning']} for each "
        f"rate, {seeds['confirming']} for a rate before it is taken, {seeds['scoring']} others for its score."
    )
    yield _edges(found)


def _edges(found: InsituTable) -> str:
    at = [f"`{cell.device}`, {cell.rule} ({cell.edge})" for cell in found.cells if cell.edge]
    if not at:
        return "Every best rate stands inside what was tried."
    return f"The best rate stands at an end of what was tried (*) for {'; '.join(at)}."


def _label(label: float) -> str:
    return f"{label:+g}" if label else "0"


def _half(found: MeanInterval | None, sign: str = "") -> str:
    if found is None:
        return "failed"
    return f"{found.value:{sign}.2f}" + ("" if found.high is None else f" ± {found.high - found.value:.2f}")


def _bold(text: str, yes: bool) -> str:
    return f"**{text}**" if yes else text


def _rate(cell: CellResult) -> str:
    return "none" if cell.best is None else f"{cell.best:g}{' *' if cell.edge else ''}"


def _pulses(cell: CellResult) -> str:
    return "none" if cell.pulses is None else f"{cell.pulses:.3g}"


def main(folder: Path) -> None:
    """Rewrite the part between the marks, and copy the figures."""
    page = DOCS / "train-insitu.md"
    text = page.read_text(encoding="utf-8")
    made = "\n".join([START, *table(read_insitu(folder)), END])
    new, n = re.subn(f"{re.escape(START)}.*{re.escape(END)}", lambda _: made, text, flags=re.DOTALL)
    if n != 1:
        sys.exit(f"{page}: the marks {START} and {END} must stand there once")
    page.write_text(new, encoding="utf-8")
    for name in FIGURES:
        shutil.copyfile(folder / "figures" / f"{name}.png", DOCS / "figures" / f"train-insitu-{name}.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
