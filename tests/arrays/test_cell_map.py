"""Cell maps: out and in again without a bit lost, the list of pulses complete, bad maps told in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spikecim.arrays.cell_map import IMAGE_HEAD, image_lines, programming_lines, read_cell_map
from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.emulator import Emulator
from spikecim.errors import SpikecimError
from spikecim.network import network_from_array
from spikecim.results.compare import first_difference

CHIP = load_chip("spirit", {"geometry.n_in": 30, "geometry.n_out": 6})
NETWORK = network_from_array(np.random.default_rng(0).integers(-4, 5, (30, 6)), limit=4)
SHAPE = (30, 6, 8)


def fresh() -> Cells:
    return build(CHIP, NETWORK, 3, 2).future.fresh


def image() -> list[str]:
    cells = fresh()
    return list(image_lines(cells, SlcOxram(spec=CHIP.cell).in_lrs(cells.resistance)))


def exported(folder: Path, change: Callable[[list[str]], list[str]] = list) -> Path:
    path = folder / "map.csv"
    path.write_text("\n".join(change(image())))
    return path


def test_export_and_import_keep_every_bit(tmp_path: Path) -> None:
    found = read_cell_map(exported(tmp_path), SHAPE)
    np.testing.assert_array_equal(found, fresh().resistance)
    np.save(tmp_path / "map.npy", found)
    np.testing.assert_array_equal(read_cell_map(tmp_path / "map.npy", SHAPE), found)


def test_the_order_of_lines_does_not_matter_and_units_do(tmp_path: Path) -> None:
    def other(lines: list[str]) -> list[str]:
        rows = [line.split(",") for line in reversed(lines[1:])]
        return ["cell,neuron,row,conductance_uS", *(f"{c},{n},{r},{1e6 / float(ohm)!r}" for r, n, c, _, _, ohm in rows)]

    np.testing.assert_allclose(read_cell_map(exported(tmp_path, other), SHAPE), fresh().resistance, rtol=1e-12)


@pytest.mark.parametrize("changes", [{}, {"cell.flicker.switch": "on", "cell.telegraph.switch": "on"}])
def test_a_run_on_the_exported_cells_is_the_run_on_the_drawn_ones(tmp_path: Path, changes: dict[str, object]) -> None:
    chip = load_chip("spirit", {"geometry.n_in": 30, "geometry.n_out": 6, **changes})
    cells = build(chip, NETWORK, 3, 2).future.fresh
    path = tmp_path / "map.csv"
    path.write_text("\n".join(image_lines(cells, cells.target)))
    values = np.random.default_rng(1).uniform(-1, 1, (20, 30))
    drawn = Emulator(chip=chip, network=NETWORK, seed=3, chip_index=2)
    read = Emulator(
        chip=chip, network=NETWORK, seed=3, chip_index=2, resistance=read_cell_map(path, SHAPE), cells=path.name
    )
    one, two = (emulator.run(values, np.zeros(20)) for emulator in (drawn, read))
    assert first_difference(one.record, two.record, ("drawn", "read")) is None
    assert len(one.record.ticks)
    np.testing.assert_array_equal(one.program.charge, two.program.charge)
    assert (one.settings["cells"], two.settings["cells"]) == ("drawn", "map.csv")
    assert {k: v for k, v in one.settings.items() if k != "cells"} == {
        k: v for k, v in two.settings.items() if k != "cells"
    }


def test_the_list_holds_every_pulse_in_order() -> None:
    cells = fresh()
    head, *lines = programming_lines(cells, CHIP.cell.programming)
    rows = [line.split(",") for line in lines]
    assert head.count(",") == lines[0].count(",")
    assert [int(row[0]) for row in rows] == list(range(1, int(cells.pulses.sum()) + 1))
    counts = np.zeros(SHAPE, int)
    for _, r, n, c, pulse, operation, level, low, high in rows:
        place = (int(r), int(n), int(c))
        counts[place] += 1
        assert int(pulse) == counts[place]
        assert (operation, level) == (("SET", "LRS") if cells.target[place] else ("RESET", "HRS"))
        assert (low, high) == (("0", "20000.0") if cells.target[place] else ("20000.0", ""))
    np.testing.assert_array_equal(counts, cells.pulses)


def test_one_pulse_has_no_verify_window() -> None:
    rules = load_chip("spirit", {"cell.device": "pessimistic"}).cell.programming
    assert next(iter([*programming_lines(fresh(), rules)][1:])).endswith(",,")


def edited(line: int, text: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[: line - 1], text, *lines[line:]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines[:-1], ("1 of 1,440 cells are missing", "(29, 5, 7)")),
        (lambda lines: [*lines, lines[-1]], ("line 1442", "(29, 5, 7)", "twice")),
        (edited(2, "30,0,0,LRS,LRS,5000"), ("line 2", "'row'", "30 is outside", "0 .. 29")),
        (edited(2, "0,0,-1,LRS,LRS,5000"), ("line 2", "'cell'", "'-1' is not a whole number")),
        (edited(2, "0,0,²,LRS,LRS,5000"), ("line 2", "'cell'", "not a whole number")),
        (edited(2, "0,0,0,LRS,LRS,-5000"), ("line 2", "'resistance_ohm'", "negative")),
        (edited(2, "0,0,0,LRS,LRS,0"), ("line 2", "must be above 0")),
        (edited(2, "0,0,0,LRS,LRS,inf"), ("line 2", "infinite")),
        (edited(2, "0,0,0,LRS,LRS,"), ("line 2", "is empty")),
        (edited(2, "0,0,0,LRS,LRS,high"), ("line 2", "'high' is not a number")),
        (edited(1, IMAGE_HEAD.replace("resistance_ohm", "resistance")), ("states no unit", "(resistance_kohm)")),
        (edited(1, IMAGE_HEAD.replace("neuron", "level")), ("'level'", "one quantity")),
        (lambda lines: [line.rpartition(",")[0] for line in lines], ("missing: resistance_ohm",)),
    ],
)
def test_a_bad_map_is_told_in_one_line(
    tmp_path: Path, change: Callable[[list[str]], list[str]], words: tuple[str, ...]
) -> None:
    path = exported(tmp_path, change)
    with pytest.raises(SpikecimError) as failure:
        read_cell_map(path, SHAPE)
    assert "\n" not in str(failure.value)
    assert "--unit" not in str(failure.value)
    for word in (str(path), *words):
        assert word in str(failure.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones((30, 6, 7)), ("(30, 6, 8)", "(30, 6, 7)")),
        (np.full(SHAPE, -1.0), ("(0, 0, 0)", "above 0")),
        (np.full(SHAPE, np.nan), ("(0, 0, 0)", "finite")),
        (np.ones(SHAPE, complex), ("real numbers",)),
        (np.full(SHAPE, "5"), ("real numbers",)),
        (np.full(SHAPE, None), ("plain numbers",)),
    ],
)
def test_a_bad_array_is_told_in_one_line(tmp_path: Path, values: np.ndarray, words: tuple[str, ...]) -> None:
    np.save(tmp_path / "map.npy", values, allow_pickle=True)
    with pytest.raises(SpikecimError) as failure:
        read_cell_map(tmp_path / "map.npy", SHAPE)
    for word in ("map.npy", *words):
        assert word in str(failure.value)


@pytest.mark.parametrize(("name", "content"), [("map.npy", b"hello"), ("map.txt", b""), ("map.npy", b"")])
def test_a_file_that_is_no_map(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SpikecimError, match=name):
        read_cell_map(tmp_path / name, SHAPE)
    with pytest.raises(SpikecimError, match="cannot be read"):
        read_cell_map(tmp_path / "gone.npy", SHAPE)
