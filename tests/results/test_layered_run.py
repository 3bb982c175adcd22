"""A kept run says what the engine said: at every margin, with another table, and after a trip through a file."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from spikecim.chips.loader import load_multi_chip
from spikecim.energy.layered import STANDING, count_layer_actions
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.layered import LayeredProgram
from spikecim.results.layered_hdf5 import is_layered_run, load_layered_run, save_layered_run
from spikecim.results.layered_layout import ACTIONS, ARRAYS, NUMBERS, TEXTS
from spikecim.results.layered_run import LayeredRun
from spikecim.spikes import SpikeTrains
from tests.engines.layered_strategies import layered_runs
from tests.results.layered_runs import deep_run, layered_run_of
from tests.results.runs import assert_same, small_run

FORMAT_PAGE = Path(__file__).parents[2] / "docs" / "run-format.md"
KINDS = [{}, {"delta_s": 0}, {"conversion": "first-spike"}, {"delta_s": 1}]
NAMES = ["margins", "no margin", "first spike", "one margin"]


def round_trip(run: LayeredRun, folder: Path) -> LayeredRun:
    path = folder / "run.h5"
    save_layered_run(run, path)
    assert [file.name for file in folder.iterdir()] == ["run.h5"]
    return load_layered_run(path)


def assert_same_energy(a: LayeredRun, b: LayeredRun) -> None:
    """Every part of every sample and layer, at every margin, to the last bit."""
    for delta_s in [None, *range(1, (a.delta_s or 0) + 1)]:
        ours, theirs = a.ledger(delta_s), b.ledger(delta_s)
        for part, pj in ours.parts.items():
            np.testing.assert_array_equal(pj, theirs.parts[part], f"{part} at {delta_s}", strict=True)
        assert_same(ours.actions, theirs.actions)


@pytest.mark.parametrize("how", KINDS, ids=NAMES)
def test_round_trip(how: dict[str, Any], tmp_path: Path) -> None:
    run = deep_run(**how)
    assert (run.delta_s is None) == (how.get("delta_s") == 0)
    assert run.ledger().total_pj("core") > 0
    again = round_trip(run, tmp_path)
    assert_same(run, again)
    assert_same_energy(run, again)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(drawn=layered_runs())
def test_any_program(drawn: tuple[LayeredProgram, SpikeTrains], tmp_path_factory: pytest.TempPathFactory) -> None:
    run = layered_run_of(*drawn)
    again = round_trip(run, tmp_path_factory.mktemp("any"))
    assert_same(run, again)
    assert_same_energy(run, again)


# The oracle: counting from the whole program, weights and all.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(drawn=layered_runs())
def test_a_run_counts_as_its_program_does(drawn: tuple[LayeredProgram, SpikeTrains]) -> None:
    program, trains = drawn
    run, record = layered_run_of(program, trains), get_engine("event").run_layers(program, trains)
    durations = record.output.decisions.durations[:, -1]
    assert_same(run.actions(), count_layer_actions(program, record.tallies, durations, run.sites))


def test_a_smaller_margin_is_the_run_with_that_margin() -> None:
    wide, narrow = deep_run(delta_s=4), deep_run(delta_s=2)
    assert wide.n_margins == 4
    np.testing.assert_array_equal(wide.correct(2), narrow.correct())
    assert (wide.input_spikes(2), wide.time_outs(2)) == (narrow.input_spikes(), narrow.time_outs())
    assert_same(wide.actions(2), narrow.actions())
    assert wide.ledger(2).total_pj("chip") == narrow.ledger().total_pj("chip") < wide.ledger().total_pj("chip")
    assert 0 < narrow.time_outs() + narrow.accuracy() <= 2


def test_a_margin_that_is_not_there() -> None:
    for run, delta_s, readable in (
        (deep_run(), 5, "margins 1 .. 4"),
        (deep_run(), 0, "margins 1 .. 4"),
        (deep_run(delta_s=0), 1, "no margin"),
    ):
        with pytest.raises(ParameterError, match=readable):
            run.accuracy(delta_s)


def test_another_table_changes_its_parts_and_nothing_else() -> None:
    run = deep_run()
    dear = load_multi_chip("spirit-multi", {"energy.core_word": "440 pJ", "energy.link_bit": "0 J"}).energy
    ours, theirs = run.ledger(), run.ledger(table=dear)
    cheap = run.chip.energy.core_word.value
    np.testing.assert_allclose(theirs.parts["core_word"], ours.parts["core_word"] * (440e-12 / cheap), rtol=1e-14)
    assert not theirs.parts["link"].any() and ours.parts["link"].any()
    for part in set(ours.parts) - {"core_word", "link"}:
        np.testing.assert_array_equal(ours.parts[part], theirs.parts[part])


def test_a_run_without_margin_is_never_late() -> None:
    run = deep_run(delta_s=0)
    assert run.time_outs() == 0.0
    assert (run.actions().ticks == run.n_ticks).all()


@pytest.mark.parametrize("text", ["", "µs, 5 kΩ", "two\nlines", "x" * 100_000], ids=["empty", "greek", "lines", "long"])
def test_any_text(text: str, tmp_path: Path) -> None:
    run = deep_run()
    layers = (replace(run.layers[0], name=text), *run.layers[1:])
    run = replace(run, settings={"data": text, "a/b": "c"}, network=text, layers=layers)
    assert_same(run, round_trip(run, tmp_path))


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    round_trip(deep_run(), tmp_path)
    assert_same(deep_run("first-spike"), round_trip(deep_run("first-spike"), tmp_path))


def test_runs_of_both_kinds_are_told_apart(tmp_path: Path) -> None:
    from spikecim.results.hdf5 import save_run

    save_layered_run(deep_run(), tmp_path / "deep.h5")
    save_run(small_run(), tmp_path / "one.h5")
    assert is_layered_run(tmp_path / "deep.h5")
    assert not is_layered_run(tmp_path / "one.h5")


def test_layout_names_every_array(tmp_path: Path) -> None:
    save_layered_run(deep_run(), tmp_path / "run.h5")
    found: dict[str, str] = {}
    with h5py.File(tmp_path / "run.h5") as file:
        file.visititems(lambda name, item: found.update({name: str(item.dtype)} if hasattr(item, "dtype") else {}))
        for field in fields(deep_run().actions()):
            if field.name not in STANDING:
                np.testing.assert_array_equal(
                    file["actions"][field.name][...], getattr(deep_run().actions(), field.name)
                )
    assert found == {path: kind for path, (kind, _) in (ARRAYS | ACTIONS).items()}


def test_the_page_names_every_part_with_type_and_shape() -> None:
    page = FORMAT_PAGE.read_text(encoding="utf-8").partition("# A run through several layers")[2]
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+ \| [^|]+) \|", page, re.M))
    for path, (kind, shape) in (ARRAYS | ACTIONS).items():
        assert rows[path] == f"{kind} | {', '.join(map(str, shape))}"
    for name, kind in NUMBERS.items():
        assert rows[f"program@{name}"] == f"{kind} | -"
    assert {f"program@{name}" for name in TEXTS} <= set(rows)


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_layered_run(deep_run(), tmp_path / "lenet.h5")
    monkeypatch.chdir(tmp_path)
    page = FORMAT_PAGE.read_text(encoding="utf-8").partition("# A run through several layers")[2]
    example = re.search(r"```python\n(.*?)```", page, re.S)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)
    assert names["nj"] == deep_run().ledger(2).per_sample("chip").mean() / 1000
    assert names["accuracy"] == deep_run().accuracy(2)
