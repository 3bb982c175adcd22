"""What is saved is read back to the last bit, and the file is what docs/run-format.md says."""

from __future__ import annotations

import json
import re
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from spikecim.network import Network
from spikecim.program import Program
from spikecim.results.hdf5 import load_run, save_run
from spikecim.results.layout import ACTIONS, ARRAYS, HEADER, NUMBERS, TEXTS
from spikecim.results.run import RunResult
from spikecim.spikes import SpikeTrains, trains_from_lists
from tests.engines.strategies import ideal_program, runs
from tests.results.runs import assert_same, run_of, small_run

FORMAT_PAGE = Path(__file__).parents[2] / "docs" / "run-format.md"


def round_trip(run: RunResult, folder: Path) -> RunResult:
    path = folder / "run.h5"
    save_run(run, path)
    assert [file.name for file in folder.iterdir()] == ["run.h5"]
    return load_run(path)


@pytest.mark.parametrize(
    "given",
    [{}, {"n_samples": 1}, {"scale": 0.0}, {"chip": "spirit-ideal"}, {"n_samples": 300}],
    ids=["noisy", "one sample", "silent", "ideal", "several blocks"],
)
def test_round_trip(given: dict[str, Any], tmp_path: Path) -> None:
    run = small_run(**given)
    assert run.program.noisy == (given.get("chip") != "spirit-ideal")
    assert (run.record.n_spikes == 0) == (given.get("scale") == 0.0)
    assert_same(run, round_trip(run, tmp_path))


def test_chip_keeps_values_and_birth_certificates(tmp_path: Path) -> None:
    run = small_run()
    chip = round_trip(run, tmp_path).chip
    assert chip.digest() == run.chip.digest() == run.settings["chip_digest"]
    assert chip.geometry.n_in.status == "assumed"


@pytest.mark.parametrize("delta_s", [None, 1, 1000])
def test_margins(delta_s: int | None, tmp_path: Path) -> None:
    trains = trains_from_lists([[(3, 0, 1), (4, 1, -1)], []], n_in=2, n_ticks=40)
    loaded = round_trip(run_of(ideal_program([[4, -4, 1], [0, 2, 4]], delta_s=delta_s), trains), tmp_path)
    assert loaded.program.delta_s == delta_s
    assert loaded.record.decisions.winners.shape == (2, delta_s or 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=runs())
def test_any_program(drawn: tuple[Program, SpikeTrains], tmp_path_factory: pytest.TempPathFactory) -> None:
    run = run_of(*drawn)
    assert_same(run, round_trip(run, tmp_path_factory.mktemp("any")))


@pytest.mark.parametrize("text", ["", "µs, 5 kΩ", "two\nlines", "x" * 100_000], ids=["empty", "greek", "lines", "long"])
def test_settings_and_notes_keep_any_text(text: str, tmp_path: Path) -> None:
    run = replace(small_run(), settings={"data": text, "a/b": "c"})
    notes = {f"{i}": text for i in range(12)}
    run = replace(run, network=Network(weights=run.network.weights, name=text, notes=notes))
    assert_same(run, round_trip(run, tmp_path))


def test_wider_types_that_hold_the_same_numbers_are_narrowed(tmp_path: Path) -> None:
    run = small_run()
    wide = replace(run, network=replace(run.network, weights=run.network.weights.astype(np.float64)))
    assert_same(run, round_trip(wide, tmp_path))


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    first, second = small_run(seed=1), small_run(seed=2)
    round_trip(first, tmp_path)
    assert_same(second, round_trip(second, tmp_path))


def test_actions_are_written_for_readers_without_spikecim(tmp_path: Path) -> None:
    run = small_run()
    save_run(run, tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        for field in fields(run.actions()):
            np.testing.assert_array_equal(file["actions"][field.name][...], getattr(run.actions(), field.name))


def test_layout_names_every_array(tmp_path: Path) -> None:
    save_run(small_run(), tmp_path / "run.h5")
    found: dict[str, str] = {}
    with h5py.File(tmp_path / "run.h5") as file:
        file.visititems(lambda name, item: found.update({name: str(item.dtype)} if hasattr(item, "dtype") else {}))
    assert found == {path: kind for path, (kind, _) in (ARRAYS | ACTIONS).items()}


def test_the_page_names_every_part_with_type_and_shape() -> None:
    page = FORMAT_PAGE.read_text(encoding="utf-8").partition("# A run through several layers")[0]
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+ \| [^|]+) \|", page, re.M))
    for path, (kind, shape) in (ARRAYS | ACTIONS).items():
        assert rows[path] == f"{kind} | {', '.join(map(str, shape))}"
    for group, kinds in NUMBERS.items():
        for name, kind in kinds.items():
            assert rows[f"{group}@{name}"] == f"{kind} | -"
    texts = {f"{group}@{name}" for group, names in TEXTS.items() for name in names} | {f"@{name}" for name in HEADER}
    assert texts <= set(rows)


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = small_run()
    save_run(run, tmp_path / "run.h5")
    monkeypatch.chdir(tmp_path)
    example = re.search(r"```python\n(.*?)```", FORMAT_PAGE.read_text(encoding="utf-8"), re.S)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)
    assert names["accuracy"] == run.accuracy()
    assert names["chip"] == json.loads(json.dumps(run.chip.describe()))
    start, stop = run.record.offsets[:2]
    np.testing.assert_array_equal(names["spikes"], run.record.ticks[start:stop])


def test_large_runs_are_packed_and_quick(tmp_path: Path) -> None:
    # 1,000 samples with 300 input spikes each, as on MNIST; limits are ten times what a laptop needs.
    rng = np.random.default_rng(0)
    ticks = np.sort(rng.permuted(np.tile(np.arange(1000), (1000, 1)), axis=1)[:, :300], axis=1)
    trains = SpikeTrains(
        n_in=144,
        n_ticks=1000,
        offsets=300 * np.arange(1001),
        ticks=ticks.ravel().astype(np.int32),
        lines=rng.integers(0, 144, 300_000).astype(np.int16),
        signs=np.ones(300_000, np.int8),
    ).check()
    run = run_of(ideal_program(rng.integers(-4, 5, (144, 10)), n_ticks=1000, delta_s=10), trains)
    start = time.perf_counter()
    loaded = round_trip(run, tmp_path)
    assert time.perf_counter() - start < 5.0
    assert_same(run, loaded)
    arrays = (trains.ticks, trains.lines, trains.signs, run.values, run.record.ticks, run.record.neurons)
    assert (tmp_path / "run.h5").stat().st_size < 0.8 * sum(array.nbytes for array in arrays)
