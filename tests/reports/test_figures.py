"""Every figure: axes with labels and units, on full data and on the smallest and worst."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from spikecim.reports.catalogue import Plate, reproduction_plates, run_plates
from spikecim.reports.picks import pick_images
from spikecim.reports.style import WIDTH, png_of, styled, svg_of
from spikecim.reports.svg import inline, standalone
from spikecim.results.reproduction import Reproduction
from spikecim.results.run import RunResult
from tests.results.runs import small_run

# What a label must hold: a unit in brackets, or the thing that is counted.
UNITS = re.compile(
    r"\((%|µs|Ω|nJ|levels|mean|pJ per [a-z ]+|signed output spikes)\)|[Ss]pikes|[Cc]ells|[Ii]mages|pixels|[Ll]abel|"
    r"[Rr]ead by|stored|felt|levels|Chip|Core|chip"
)


def all_wrong(run: RunResult) -> RunResult:
    return replace(run, labels=((run.record.winners + 1) % run.program.n_out).astype(np.int16))


def timed_out(run: RunResult) -> RunResult:
    decisions = replace(run.record.decisions, reached=np.zeros_like(run.record.decisions.reached))
    return replace(run, record=replace(run.record, decisions=decisions))


CASES: dict[str, Callable[[], RunResult]] = {
    "four images": lambda: small_run(4),
    "one image": lambda: small_run(1),
    "zero correct": lambda: all_wrong(small_run(6)),
    "all time-outs": lambda: timed_out(small_run(5)),
    "silent": lambda: small_run(2, scale=0.0),
    "ideal cells": lambda: small_run(3, chip="spirit-ideal"),
}


def check(plate: Plate) -> None:
    figure = plate.draw()
    visible = [axes for axes in figure.axes if axes.axison]
    assert visible, plate.id
    for axes in visible:
        if axes.images:
            continue
        below = [other.get_xlabel() for other in axes.get_shared_x_axes().get_siblings(axes)]
        assert any(UNITS.search(label) for label in below), (plate.id, below)
        assert UNITS.search(axes.get_ylabel()), (plate.id, axes.get_ylabel())
    assert figure.get_size_inches()[0] == WIDTH
    assert png_of(figure).startswith(b"\x89PNG")
    ElementTree.fromstring(svg_of(figure))
    assert plate.caption.endswith(".")
    assert plate.title


def test_all_figures_of_a_reproduction(rep: Reproduction) -> None:
    plates = reproduction_plates(rep)
    assert {"margins", "population", "confusion", "cells", "weights", "energy-parts", "energy-images", "baselines"} <= {
        plate.id for plate in plates
    }
    for plate in plates:
        check(plate)


@pytest.mark.parametrize("name", CASES)
def test_figures_of_a_small_or_bad_run(name: str) -> None:
    for plate in run_plates(CASES[name]()):
        check(plate)


def test_published_points_show_only_where_they_can_be_compared(rep: Reproduction) -> None:
    def texts(found: Reproduction) -> str:
        draw = next(plate.draw for plate in reproduction_plates(found) if plate.id == "margins")
        return " ".join(text.get_text() for axes in draw().axes for text in axes.texts)

    assert "published" not in texts(rep)
    assert "published" in texts(replace(rep, banner=None))


def test_one_virtual_chip_is_enough(rep: Reproduction) -> None:
    p = rep.population
    one = replace(p, **{name: getattr(p, name)[:1] for name in p.__dataclass_fields__ if name != "requested"})
    for plate in reproduction_plates(replace(rep, population=one)):
        if plate.group == "chips":
            check(plate)


def test_images_are_chosen_by_rule_and_once(rep: Reproduction) -> None:
    run = rep.median
    chosen = pick_images(run)
    assert chosen == pick_images(run)
    assert len(set(chosen.values())) == len(chosen)
    reached, right = run.record.decisions.reached[:, -1], run.correct()
    assert right[chosen["easy"]] and reached[chosen["easy"]]
    assert right[chosen["close"]] and reached[chosen["close"]]
    assert reached[chosen["wrong"]] and not right[chosen["wrong"]]
    assert list(pick_images(timed_out(run))) == ["time-out"]
    assert list(pick_images(small_run(1)))


def test_drawing_leaves_no_trace_in_the_settings(rep: Reproduction) -> None:
    before = dict(mpl.rcParams)
    svg_of(reproduction_plates(rep)[0].draw())
    assert dict(mpl.rcParams) == before
    with styled():
        assert mpl.rcParams["svg.fonttype"] == "none"


def test_same_data_same_bytes(rep: Reproduction) -> None:
    first, second = (svg_of(reproduction_plates(rep)[0].draw()) for _ in range(2))
    assert first == second


def test_inline_svg_brings_no_style_no_font_and_no_foreign_id(rep: Reproduction) -> None:
    svg = svg_of(next(plate for plate in reproduction_plates(rep) if plate.id == "population").draw())
    body = inline(svg, "one", 'A "title"')
    assert "<style" not in body and "DejaVu" not in body and "<metadata" not in body
    assert 'aria-label="A &quot;title&quot;"' in body
    assert all(name.startswith("one-") for name in re.findall(r'\bid="([^"]*)"', body))
    pointed = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    assert pointed <= set(re.findall(r'\bid="([^"]*)"', body))
    assert "var(--fig-chip)" in body
    alone: Any = ElementTree.fromstring(standalone(svg))
    assert "var(" not in ElementTree.tostring(alone, encoding="unicode")
