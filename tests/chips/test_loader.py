"""Chip files: what ships is complete and sourced, what a user writes is read exactly or refused in one line."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from spikecim.certificates import STATUSES
from spikecim.chips import ChipSpec, chip_from_description, chip_names, device_names, load_chip
from spikecim.errors import ParameterError

SPIRIT = load_chip("spirit")


def refusal(*args: Any) -> str:
    with pytest.raises(ParameterError) as caught:
        load_chip(*args)
    message = str(caught.value)
    assert "\n" not in message
    return message


def write(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def values(chip: ChipSpec) -> dict[str, Any]:
    return {path: parameter.value for path, parameter in chip.parameters()}


# ---- what ships


# Oracle: the published column of spirit.md 1.
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("geometry.n_in", 144),
        ("geometry.n_out", 10),
        ("geometry.image_side", 12),
        ("synapse.code", "unary-bipolar"),
        ("synapse.levels", 4),
        ("array.read_voltage", 0.1),
        ("injectors.full_weight", 4),
        ("neuron.capacitance", 2e-13),
        ("decision.delta_s", 10),
        ("energy.supply", 1.2),
    ],
)
def test_spirit_has_its_published_values(path: str, value: object) -> None:
    parameter = dict(SPIRIT.parameters())[path]
    assert parameter.value == value
    assert parameter.status == "published"


@pytest.mark.parametrize("name", chip_names())
@pytest.mark.parametrize("device", device_names())
def test_every_number_has_a_status_and_a_source(name: str, device: str) -> None:
    for path, parameter in load_chip(name, {"cell.device": device}).parameters():
        assert parameter.status in STATUSES, path
        assert len(parameter.source) > 3, path
        assert "placeholder" not in parameter.source, path


SHORT_NAMES = (
    *("IEDM", "FIG", "EMB", "EEN", "N2D2"),
    *("proxy A", "technology A", "technology C", "SkyWater", "minatec", "DenRAM", "Leti 28 nm", "learning array"),
)


@pytest.mark.parametrize("name", chip_names())
@pytest.mark.parametrize("device", device_names())
def test_every_short_name_is_cited_in_full_and_used(name: str, device: str) -> None:
    chip = load_chip(name, {"cell.device": device})
    text = " ".join(parameter.source for _, parameter in chip.parameters())
    used = {short for short in SHORT_NAMES if re.search(rf"\b{short}\b", text)}
    assert used == set(chip.sources)
    for citation in chip.sources.values():
        assert "https://" in citation or "doi 10." in citation


@pytest.mark.parametrize("path", ["coding.window", "energy.clamp_injector", "energy.link_bit"])
def test_calibrated_values_name_the_row_they_were_fitted_to(path: str) -> None:
    parameter = dict(SPIRIT.parameters())[path]
    assert parameter.fitted_to is not None
    assert f"fitted to {parameter.fitted_to} = " in parameter.source


def test_the_library_lists_what_it_ships() -> None:
    assert {"spirit", "spirit-ideal"} <= set(chip_names())
    assert device_names() == ["ideal", "nominal", "optimistic", "pessimistic", "technology-c"]
    for name in chip_names():
        assert load_chip(name).name == name


def test_ticks_are_derived_from_times() -> None:
    chip = load_chip("spirit", {"link.tick": "2 us", "coding.window": "1 ms"})
    assert (chip.tick_s, chip.n_ticks) == (2e-6, 500)
    assert chip.word_bits == (16, 16)


@pytest.mark.parametrize("window", ["0.4 us", "11 s"])
def test_a_window_of_no_tick_or_too_many_is_refused(window: str) -> None:
    with pytest.raises(ParameterError, match=r"coding\.window is"):
        load_chip("spirit", {"coding.window": window}).rate_code()


def test_spirit_ideal_is_ideal_and_otherwise_spirit() -> None:
    ideal, spirit = values(load_chip("spirit-ideal")), values(SPIRIT)
    exact = {
        "injectors.gain_mismatch_rel",
        "neuron.offset_sd",
        "neuron.reset_error_rel",
        *(
            f"cell.{state}.{name}"
            for state in ("lrs", "hrs")
            for name in ("sigma_ln", "tail_probability", "read_noise_rel")
        ),
        *("cell.stuck_lrs", "cell.stuck_hrs"),
    }
    assert {path: ideal[path] for path in exact} == dict.fromkeys(exact, 0.0)
    different = {path for path in spirit if not path.startswith("cell.") and spirit[path] != ideal[path]}
    assert different <= exact


# ---- describe, digest


@pytest.mark.parametrize("name", chip_names())
def test_a_description_reads_back_exactly(name: str) -> None:
    chip = load_chip(name)
    assert chip_from_description(chip.describe(), name) == chip
    # Also through a text file.
    assert chip_from_description(json.loads(json.dumps(chip.describe())), name) == chip


def test_a_description_is_the_callers_own() -> None:
    described = SPIRIT.describe()
    before = copy.deepcopy(described)
    chip_from_description(described, "x")
    assert described == before


def test_the_digest_follows_values_and_not_sources() -> None:
    described = SPIRIT.describe()
    described["neuron"]["capacitance"] |= {"source": "another paper", "status": "assumed"}
    assert chip_from_description(described, "x").digest() == SPIRIT.digest()
    described["neuron"]["capacitance"]["value"] = "201 fF"
    assert chip_from_description(described, "x").digest() != SPIRIT.digest()


@pytest.mark.parametrize("path", [path for path, _ in SPIRIT.parameters()])
def test_every_parameter_moves_the_digest(path: str) -> None:
    chip = SPIRIT.model_copy(deep=True)
    *parents, last = path.split(".")
    section: Any = chip
    for part in parents:
        section = getattr(section, part)
    # Past the frozen section: any other value will do.
    object.__setattr__(section, last, replace(getattr(section, last), value=-1))
    assert chip.digest() != SPIRIT.digest()


def test_two_ways_to_write_a_value_have_one_digest() -> None:
    assert load_chip("spirit", {"neuron.capacitance": "0.2 pF"}).digest() == SPIRIT.digest()
    assert load_chip("spirit", {"neuron.reset_error_rel": 0.02}).digest() == (
        load_chip("spirit", {"neuron.reset_error_rel": "2 %"}).digest()
    )


# ---- inheritance and overrides


def test_a_file_inherits_and_replaces_single_values(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'inherit = "spirit"\nname = "mine"\n[neuron]\n'
        'capacitance = { value = "100 fF", status = "measured", source = "our wafer 7" }\n',
    )
    mine = load_chip(path)
    changed = {p: v for p, v in values(mine).items() if values(SPIRIT)[p] != v}
    assert changed == {"neuron.capacitance": 1e-13}
    assert (mine.name, mine.title) == ("mine", SPIRIT.title)
    assert mine.neuron.capacitance.source == "our wafer 7"


def test_a_bare_value_in_a_file_is_an_assumption_of_that_file(tmp_path: Path) -> None:
    mine = load_chip(write(tmp_path, 'inherit = "spirit"\n[neuron]\ncapacitance = "100 fF"\n'))
    assert (mine.neuron.capacitance.value, mine.neuron.capacitance.status) == (1e-13, "assumed")
    assert "mine.toml" in mine.neuron.capacitance.source


def test_grandchildren_inherit(tmp_path: Path) -> None:
    child = write(tmp_path, 'inherit = "spirit-ideal"\n[neuron]\nrefractory = "7 us"\n', "child.toml")
    grandchild = load_chip(write(tmp_path, f'inherit = "{child}"\n[neuron]\ncapacitance = "1 pF"\n'))
    assert grandchild.neuron.refractory.value == 7e-6
    assert grandchild.neuron.capacitance.value == 1e-12
    assert grandchild.cell.device == "ideal"


def test_a_new_device_replaces_the_cell_and_single_values_go_on_top(tmp_path: Path) -> None:
    mine = load_chip(
        write(tmp_path, 'inherit = "spirit"\n[cell]\ndevice = "pessimistic"\n[cell.hrs]\nsigma_ln = 0.7\n')
    )
    other = values(load_chip("spirit", {"cell.device": "pessimistic"}))
    assert mine.cell.device == "pessimistic"
    assert {p: v for p, v in values(mine).items() if other[p] != v} == {"cell.hrs.sigma_ln": 0.7}


def test_an_override_changes_one_value_and_says_so() -> None:
    chip = load_chip("spirit", {"neuron.refractory": "5 us"})
    changed = {p: v for p, v in values(chip).items() if values(SPIRIT)[p] != v}
    assert changed == {"neuron.refractory": 5e-6}
    assert chip.neuron.refractory.status == "assumed"
    assert "override" in chip.neuron.refractory.source


def test_an_override_of_the_device_swaps_the_whole_cell() -> None:
    chip = load_chip("spirit", {"cell.device": "ideal", "cell.lrs.median": "7 kohm"})
    assert chip.cell.device == "ideal"
    assert (chip.cell.lrs.median.value, chip.cell.lrs.sigma_ln.value) == (7e3, 0.0)


def test_the_order_of_overrides_does_not_matter() -> None:
    changes = {"cell.lrs.median": "7 kohm", "cell.device": "ideal"}
    assert load_chip("spirit", changes) == load_chip("spirit", dict(reversed(changes.items())))
    assert load_chip("spirit", changes).cell.lrs.median.value == 7e3


def device_file(folder: Path, text: str = "") -> Path:
    """The nominal cell with a source of its own, and `text` at the end."""
    shipped = (resources.files("spikecim.devices") / "presets" / "nominal.toml").read_text(encoding="utf-8")
    folder.mkdir(exist_ok=True)
    path = folder / "wafer7.toml"
    path.write_text(shipped.replace("[sources]", '[sources]\nlog = "our lab book, https://example.org/7"') + text)
    return path


def test_a_device_file_is_found_beside_its_chip_file(tmp_path: Path) -> None:
    device_file(tmp_path / "cells")
    path = write(tmp_path, 'inherit = "spirit"\n[cell]\ndevice = "cells/wafer7.toml"\n[cell.lrs]\nmedian = "6 kohm"\n')
    child = write(tmp_path / "cells", 'inherit = "../mine.toml"\n', "child.toml")
    for chip in (load_chip(path), load_chip(child)):
        # The folder stays behind; the citation comes along.
        assert chip.cell.device == "wafer7.toml"
        assert chip.cell.lrs.median.value == 6e3
        assert chip.sources["log"] == "our lab book, https://example.org/7"
        assert "EMB" in chip.sources
        assert chip_from_description(json.loads(json.dumps(chip.describe())), "x") == chip


def test_an_override_finds_a_device_file_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load_chip("spirit", {"cell.device": "wafer7.toml"}).digest() == SPIRIT.digest()
    assert refusal("spirit", {"cell.device": "none.toml"}).startswith("none.toml: cannot be read")
    assert "cell device name" in refusal("spirit", {"cell.device": "none.toml"})


def test_a_fault_in_a_device_file_names_that_file(tmp_path: Path) -> None:
    path = str(device_file(tmp_path, "colour = 3\n"))
    assert refusal("spirit", {"cell.device": path}).startswith(f"{path}: unknown key 'telegraph.colour'")


def test_sources_of_a_file_come_on_top_of_inherited_ones(tmp_path: Path) -> None:
    mine = load_chip(write(tmp_path, 'inherit = "spirit"\n[sources]\nEMB = "mine"\nlog = "lab book"\n'))
    assert mine.sources == {**SPIRIT.sources, "EMB": "mine", "log": "lab book"}
    assert mine.digest() == SPIRIT.digest()


def test_sources_follow_the_device() -> None:
    sources = load_chip("spirit", {"cell.device": "optimistic"}).sources
    assert "DenRAM" in sources and "SkyWater" not in sources


@pytest.mark.parametrize("text", ['sources = "EMB"\n', "[sources]\nEMB = 3\n", '[sources]\nEMB = " "\n'])
def test_sources_of_another_kind_are_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, 'inherit = "spirit"\n' + text)
    assert refusal(path).startswith(f"{path}: sources")


def test_overrides_leave_the_shipped_chip_alone() -> None:
    load_chip("spirit", {"neuron.refractory": "5 us"})
    assert load_chip("spirit") == SPIRIT


# ---- refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"neuron.rail_voltage": "0.2 V"}, "neuron: rail_voltage 200 mV is below threshold_voltage 300 mV"),
        ({"cell.stuck_lrs": 0.6, "cell.stuck_hrs": 0.5}, "cell: stuck_lrs + stuck_hrs is 1.1; "),
        ({"cell.hrs.median": "5 kohm"}, "cell: lrs.median 5 kohm must be below hrs.median 5 kohm"),
        ({"cell.lrs.tail_low_factor": 7}, "cell.lrs: tail_low_factor 7 is above tail_high_factor 6; "),
        ({"cell.hrs.tail_probability": 0.1}, "cell.hrs: tail_probability 0.1 is without effect while "),
        ({"coding.jitter_rel": 0.1}, "coding: jitter_rel 0.1 is without effect with encoder periodic; "),
        ({"cell.programming.mode": "one-pulse"}, "cell.programming: max_pulses 20 is without effect in mode one-pulse"),
    ],
)
def test_values_that_contradict_each_other_are_refused(changes: dict[str, Any], message: str) -> None:
    assert refusal("spirit", changes).startswith(f"spirit: {message}")


@pytest.mark.parametrize(
    "changes",
    [
        {"geometry.n_in": 64, "geometry.image_side": 8},
        {"neuron.rail_voltage": "0.3 V"},
        {"cell.stuck_lrs": 0.9, "cell.stuck_hrs": 0.1},
        {"cell.lrs.tail_low_factor": 6.0},
        {"cell.lrs.tail_probability": 0.0},
        {"coding.encoder": "jittered"},
        {"coding.encoder": "jittered", "coding.jitter_rel": 0.1},
        {"cell.programming.mode": "one-pulse", "cell.programming.max_pulses": 1},
    ],
)
def test_values_at_the_edge_of_a_contradiction_are_accepted(changes: dict[str, Any]) -> None:
    assert load_chip("spirit", changes).digest() != SPIRIT.digest()


def test_an_unknown_chip_or_device_suggests_the_nearest() -> None:
    assert refusal("spirt") == "chip 'spirt' is unknown; did you mean 'spirit'?"
    assert "shipped: " in refusal("loihi")
    assert refusal("spirit", {"cell.device": "nominl"}) == "cell device 'nominl' is unknown; did you mean 'nominal'?"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("neuron.capacitence", "unknown key 'capacitence'; did you mean 'capacitance'?"),
        ("neurons.capacitance", "unknown key 'neurons'; did you mean 'neuron'?"),
        ("neuron", "names a table, not a value; go one level deeper"),
        ("neuron.capacitance.value", "unknown key 'value'; allowed: nothing below a value"),
        ("neuron.capacitance.unit", "unknown key 'unit'; allowed: nothing below a value"),
        ("", "unknown key ''"),
    ],
)
def test_an_override_of_an_unknown_key_is_refused(path: str, hint: str) -> None:
    assert hint in refusal("spirit", {path: "1 pF"})


def test_an_override_of_the_wrong_unit_is_refused_in_one_line() -> None:
    assert refusal("spirit", {"neuron.capacitance": "200 pJ"}) == (
        "spirit: neuron.capacitance: '200 pJ' is not in farad: write it for example as '200 fF'"
    )


def test_an_override_out_of_range_is_refused() -> None:
    assert "spirit: decision.delta_s: 0 is out of range; allowed 1 .. 1000" in refusal(
        "spirit", {"decision.delta_s": 0}
    )


def test_an_unknown_key_in_a_file_suggests_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, 'inherit = "spirit"\n[neuron]\ncapacitence = "1 pF"\n')
    assert refusal(path) == f"{path}: unknown key 'neuron.capacitence'; did you mean 'capacitance'?"


def test_a_missing_section_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 'schema = 1\nname = "x"\ntitle = "x"\n')
    assert refusal(path) == f"{path}: geometry: missing; every description needs it"


def test_another_schema_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 'inherit = "spirit"\nschema = 2\n')
    assert refusal(path).startswith(f"{path}: schema")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "none.toml")
    assert refusal(path).startswith(f"{path}: cannot be read (No such file or directory)")


@pytest.mark.parametrize("text", ["name = ", "[neuron\n", "a = 1\na = 2\n"])
def test_invalid_toml_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert refusal(path).startswith(f"{path}: is not valid TOML (")
    assert any(place in refusal(path) for place in ("line 1", "line 2", "end of document"))


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"name = '\xff\xfe'")
    assert refusal(path).startswith(f"{path}: is not valid TOML (")


def test_an_inheritance_loop_is_refused(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(f'inherit = "{two}"\n')
    two.write_text(f'inherit = "{one}"\n')
    assert "inherit must name a chip, at most 8 levels deep, without a loop" in refusal(str(one))


@pytest.mark.parametrize("parent", ["3", "true", '["spirit"]'])
def test_inherit_is_a_name(tmp_path: Path, parent: str) -> None:
    assert "inherit must name a chip" in refusal(write(tmp_path, f"inherit = {parent}\n"))


@pytest.mark.parametrize("text", ['cell = "nominal"\n', "[cell]\ndevice = 3\n", 'neuron = "fast"\n'])
def test_a_section_of_the_wrong_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, 'inherit = "spirit"\n' + text)
    assert refusal(path).startswith(f"{path}: ")
