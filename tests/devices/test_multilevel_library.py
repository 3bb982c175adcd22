"""The library: every file reads, every number has its certificate, and faults are told in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.devices.library import device_names, load_device
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.devices.oxram import SlcOxram
from spikecim.devices.slc_levels import SlcLevels
from spikecim.errors import ParameterError
from spikecim.parameters import walk

SHIPPED = ("hfo2-rram", "hfo2-slc", "nor-flash", "pcm", "stt-mram")


def test_what_is_shipped() -> None:
    assert tuple(device_names()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_the_protocol_is_kept(name: str) -> None:
    cell = load_device(name)
    assert cell.name == name
    assert 0.0 <= cell.g_min < cell.g_max
    assert cell.levels >= 2
    assert cell.rails[0] < cell.rails[1]
    assert 0.0 < sum(cell.stuck_shares) < 0.1
    assert cell.fluctuates


@pytest.mark.parametrize("name", SHIPPED)
def test_sources_that_are_named_exist_and_say_where_to_look(name: str) -> None:
    spec = load_device(name).spec  # type: ignore[attr-defined]
    cited = [parameter.source for _, parameter in walk(spec) if parameter.status in ("published", "proxy")]
    for text in cited:
        assert any(key in text for key in spec.sources), text
    for text in spec.sources.values():
        assert any(mark in text for mark in ("doi", "http", "arXiv", "github", "IEDM", "kit")), text


def test_the_slc_cell_is_that_of_the_spirit_chip() -> None:
    cell = load_device("hfo2-slc")
    oxram = SlcOxram(spec=load_chip("spirit", {"cell.device": "nominal"}).cell)
    assert (cell.g_max, cell.g_min) == pytest.approx(oxram.mean_conductance(0.0), rel=1e-6)
    low = np.random.default_rng(0).random((30, 40)) < 0.5
    drawn = cell.program(np.where(low, cell.g_max, cell.g_min), 4, "a", stuck=False).conductance
    same = oxram.program(low, 4, "a")
    free = ~same.stuck
    # The chip draws its stuck cells in the same stream of pulses; most free cells are pulsed alike.
    alike = np.isclose(drawn, 1.0 / same.resistance)[free]
    first_pulse = (same.pulses == 1)[free]
    assert alike[first_pulse].all()


def test_slc_cells_have_the_mean_they_are_trimmed_to() -> None:
    cell = load_device("hfo2-slc")
    for state, target in ((0, cell.g_min), (1, cell.g_max)):
        found = cell.program(np.full(200_000, target), 1, "m", stuck=False).conductance
        assert abs(found.mean() - target) < 5 * found.std() / np.sqrt(len(found)), state


def test_an_slc_target_in_between_mixes_both_states() -> None:
    cell = load_device("hfo2-slc")
    middle = (cell.g_min + cell.g_max) / 2
    found = cell.program(np.full(100_000, middle), 1, "m", stuck=False).conductance
    ends = [cell.program(np.full(100_000, g), 1, "m", stuck=False).conductance for g in (cell.g_min, cell.g_max)]
    assert np.allclose(found, (ends[0] + ends[1]) / 2)


def test_slc_ages_by_the_laws_of_its_preset() -> None:
    cell = load_device("hfo2-slc")
    fresh = cell.program(np.full(50_000, cell.g_max), 1, "m")
    aged = cell.at(fresh, 3600.0, 1, "m")
    free = fresh.stuck == 0
    assert np.array_equal(aged.conductance[~free], fresh.conductance[~free])
    change = np.log(aged.conductance / fresh.conductance)[free]
    # Preset: LRS of 5 kohm moves by -1 % with a spread of 3 % in an hour; weak cells more.
    assert -0.013 < np.median(change) < -0.007
    assert change.std() > 0.02


def test_overrides_reach_the_cell_and_its_preset() -> None:
    assert load_device("pcm", {"stuck.share_low": "5 %"}).stuck_shares == (0.05, 0.001)
    assert load_device("hfo2-slc", {"cell.stuck_hrs": "5 %"}).stuck_shares[0] == 0.05
    quiet = load_device("stt-mram", {"programming.spread": [0.0, 0.0], "read.noise_rel": [0.0, 0.0]})
    assert not quiet.fluctuates
    assert isinstance(quiet, MultiLevelCell)
    assert quiet.spec.programming.spread.status == "assumed"
    assert isinstance(load_device("hfo2-slc"), SlcLevels)


@pytest.mark.parametrize(
    ("name", "overrides", "text"),
    [
        ("pcn", {}, "did you mean 'pcm'"),
        ("pcm", {"stuck.share": 0.1}, "did you mean 'share_low'"),
        ("pcm", {"stuck": 0.1}, "names a table"),
        ("pcm", {"stuck.share_low": "150 %"}, "out of range"),
        ("pcm", {"stuck.share_low": "99.95 %"}, "no more than all cells"),
        ("pcm", {"window.g_min": "30 uS"}, "must be below g_max"),
        ("pcm", {"window.g_max": "25"}, "is not in siemens"),
        ("pcm", {"programming.states": [0.0, 0.5, 0.9]}, "from 0 .* to 1"),
        ("pcm", {"programming.spread": [0.1, 0.1]}, "one value per state"),
        ("pcm", {"iv.law": "linear"}, "v0 has no effect"),
        ("pcm", {"iv.law": "polynomial"}, "v0 has no effect|a3 is missing"),
        ("nor-flash", {"relaxation.horizon": "1 h"}, "horizon"),
        ("nor-flash", {"relaxation.spread": [0.3, 0.2, 0.1, 0.1]}, "must not fall"),
        ("hfo2-slc", {"cell.lrs.median": "1 Mohm"}, "must be below hrs.median"),
        ("missing.toml", {}, "cannot be read"),
    ],
)
def test_faults_are_told_in_one_line(name: str, overrides: dict[str, object], text: str) -> None:
    with pytest.raises(ParameterError, match=text) as fault:
        load_device(name, overrides)
    assert "\n" not in str(fault.value)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    from importlib import resources

    text = (resources.files("spikecim.devices") / "library" / "pcm.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('name = "pcm"', 'name = "mine"').replace('"25 uS"', '"20 uS"'), encoding="utf-8")
    assert load_device(path).g_max == 20e-6
    path.write_text(text.replace("endurance =", "endurence ="), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"window\.endurance: missing|did you mean 'endurance'"):
        load_device(path)
