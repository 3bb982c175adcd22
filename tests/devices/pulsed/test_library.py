"""Presets load with sources, labels read as devices, lookup laws step as their tables say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spikecim.devices.pulsed.assumed import read_labels
from spikecim.devices.pulsed.library import load_pulsed, load_spec, nonlinearity, pulsed_names
from spikecim.devices.pulsed.lookup import LookupLaw, lookup_law
from spikecim.errors import ParameterError
from spikecim.parameters import walk

STATED = {
    # Chen, Peng, Yu 2018, Table I; Jerry et al. 2017; Chowdhury et al. 2024, Table I.
    "ag-a-si": (2.4, -4.88, 97, 12.5, 0.035),
    "taox-tio2": (1.85, -1.79, 102, 2.0, 0.01),
    "pcmo": (3.68, -6.76, 50, 6.84, 0.01),
    "alox-hfo2": (1.94, -0.61, 40, 4.43, 0.05),
    "fefet": (1.75, 1.46, 32, 45.0, 0.003),
    "taox-hfox": (0.04, -0.63, 128, 10.0, 0.037),
    "epiram": (0.5, -0.5, 64, 50.2, 0.02),
    "ideal": (0.0, 0.0, 64, 50.0, 0.0),
}


@pytest.mark.parametrize("name", STATED)
def test_a_preset_says_what_its_paper_states(name: str) -> None:
    ltp, ltd, pulses, on_off, noise = STATED[name]
    device = load_pulsed(name)
    up, down = device.spec.potentiation, device.spec.depression
    assert up.nonlinearity is not None and down.nonlinearity is not None and up.pulses is not None
    assert (up.nonlinearity.value, down.nonlinearity.value, up.pulses.value) == (ltp, ltd, pulses)
    assert device.on_off == pytest.approx(on_off, rel=1e-4)
    assert device.spec.noise.cycle_to_cycle.value == noise


@pytest.mark.parametrize("name", pulsed_names())
def test_every_number_has_a_source_that_is_listed(name: str) -> None:
    spec = load_spec(name)
    assert spec.name == name
    for path, one in walk(spec):
        if one.status in ("published", "proxy", "derived"):
            known = any(one.source.startswith(short) for short in spec.sources) or "table has its own" in one.source
            assert known, f"{name}: {path}: {one.source}"


def test_a_lithium_cell_is_symmetric_where_its_fit_is() -> None:
    # The fit puts the symmetric point at w = 0 of -0.8276 .. 1.1724.
    assert load_pulsed("ecram-li").law.symmetric_point == pytest.approx(0.8276 / 2.0, abs=1e-3)


@pytest.mark.parametrize("text", ["+4/-4", "nl:4,-4", "+-4", "±4", " 4/-4 ", "+4.0/-4@64~0%", "\u00b14"])
def test_one_pair_of_labels_is_one_device(text: str) -> None:
    labels = read_labels(text)
    assert labels is not None and labels.text() == "+4/-4"
    device = load_pulsed(text)
    assert device.law == nonlinearity(4, -4).law
    assert device.law.symmetric_point == pytest.approx(0.5)


def test_labels_carry_pulses_and_noise() -> None:
    found = read_labels("nl:2.4,-4.88@97/100~3.5%")
    assert found is not None
    assert (found.pulses, found.cycle_to_cycle) == ((97, 100), pytest.approx(0.035))
    assert found.text() == "+2.4/-4.88@97/100~3.5%"
    flat = read_labels("0")
    assert flat is not None and flat.text() == "0/0"
    assert read_labels("ag-a-si") is None
    assert load_pulsed("0").law.pull == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ag-a-s", "did you mean 'ag-a-si'"),
        ("+4", "labels are written as"),
        ("nl:4", "labels are written as"),
        ("+12/-4", "nonlinearity 12 is out of range"),
        ("+4/-4@0", "potentiation.pulses: 0 is out of range"),
        ("none.toml", "cannot be read"),
    ],
)
def test_a_wrong_name_is_told(name: str, told: str) -> None:
    with pytest.raises(ParameterError, match=told.replace("+", r"\+")):
        load_pulsed(name)


def test_overrides_are_assumed_and_checked() -> None:
    spec = load_spec("ag-a-si", {"noise.cycle_to_cycle": 0.0})
    assert (spec.noise.cycle_to_cycle.value, spec.noise.cycle_to_cycle.status) == (0.0, "assumed")
    with pytest.raises(ParameterError, match="unknown key 'noises'"):
        load_spec("ag-a-si", {"noises.cycle_to_cycle": 0.0})


def test_a_table_of_affine_steps_is_the_affine_law() -> None:
    law = nonlinearity(4, -3).law
    x = np.linspace(0.0, 1.0, 65)
    nothing = np.zeros(65)
    table = LookupLaw(up=law.step_up(x), up_sd=nothing, down=-law.step_down(x), down_sd=nothing)
    assert table.symmetric_point == pytest.approx(law.symmetric_point, abs=1e-12)
    assert table.pull == pytest.approx(law.pull, abs=1e-12)
    n = np.array([-40, -3, 0, 1, 17])
    np.testing.assert_allclose(table.after(np.full(5, 0.3), n), law.after(np.full(5, 0.3), n), atol=1e-12)
    # The crossing of a table ends at 99 % of its goal.
    up = law.crossings[0]
    assert law.after(0.0, np.floor(table.crossings[0])) <= 0.99 <= law.after(0.0, np.ceil(table.crossings[0]))
    assert table.crossings[0] < up


def test_cells_of_a_table_follow_it() -> None:
    device = load_pulsed("rram-hfo2-table", {"spread.device_to_device": 0.0})
    assert isinstance(device.law, LookupLaw)
    assert lookup_law(device.spec).pull == device.law.pull
    cells = device.build((400,), 3, "t")
    cells.program(np.full(400, 0.4, np.float32))
    cells.pulse(np.full(400, 1, np.int16), 0)
    step, sd = float(device.law.step_up(0.4)), float(device.law.sd(0.4, up=True))
    move = cells.x.astype(np.float64) - np.float64(np.float32(0.4))
    assert abs(move.mean() - step) < 4.0 * sd / math.sqrt(400)
    assert abs(move.std() / sd - 1.0) < 4.0 / math.sqrt(800)


def test_a_table_that_leads_nowhere_is_refused() -> None:
    spec = load_spec("rram-hfo2-table")
    assert spec.response is not None
    turned = spec.response.model_copy(update={"up": spec.response.down})
    with pytest.raises(ParameterError, match=r"response.up does not raise"):
        lookup_law(spec.model_copy(update={"response": turned}))
    with pytest.raises(ParameterError, match="has no table of steps"):
        lookup_law(load_spec("ideal"))
