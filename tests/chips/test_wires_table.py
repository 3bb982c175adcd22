"""The optional tables wires and cell.iv of chip files: written, set by single values, refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikecim.chips import load_chip, load_multi_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.chips.loader import chip_from_description, with_overrides
from spikecim.errors import ParameterError

TABLE = """
inherit = "spirit"
name = "wired"

[wires]
kind = { value = "gated", status = "published", source = "FIG: 1T1R" }
source_segment = { value = "0.5 ohm", range = ["0.1 ohm", "2 ohm"], status = "assumed", source = "two squares" }
column_segment = { value = "0.5 ohm", status = "assumed", source = "as the source rail" }
leak = { value = "0.1 nS", status = "assumed", source = "10 pA at 100 mV" }
"""


def test_a_table_is_read_described_and_listed(tmp_path: Path) -> None:
    file = tmp_path / "wired.toml"
    file.write_text(TABLE)
    chip = load_chip(file)
    assert chip.wires is not None
    wires = chip.wires.wires(500.0)
    assert (wires.kind, wires.source_segment, wires.driver, wires.leak) == ("gated", 0.5, 0.0, 1e-10)
    assert (wires.drive_end, wires.sense_end, wires.access) == ("top", "bottom", 500.0)
    assert dict(chip.parameters())["wires.source_segment"].range == (0.1, 2.0)
    assert chip_from_description(chip.describe(), "again") == chip
    assert chip.digest() != load_chip("spirit").digest()


def test_single_values_need_no_table() -> None:
    chip = load_chip("spirit", {"wires.row_segment": "2 ohm", "cell.iv.v0": "0.3 V", "injectors.trim": "reads"})
    assert chip.wires is not None and chip.cell.iv is not None and chip.injectors.by_reads
    assert chip.wires.kind.value == "passive"
    assert (chip.wires.row_segment.value, chip.wires.row_segment.status) == (2.0, "assumed")
    further = with_overrides(chip, {"wires.rows": 200})
    assert further.wires is not None and further.wires.rows is not None and further.wires.row_segment.value == 2.0
    assert load_multi_chip("spirit_multi", {"wires.row_segment": "2 ohm"}).wires is not None


def test_the_ideal_twin_has_no_wires() -> None:
    chip = load_chip("spirit", {"wires.row_segment": "2 ohm", "cell.iv.v0": "0.3 V", "injectors.trim": "reads"})
    assert ideal_twin(chip).digest() == load_chip("spirit-ideal").digest()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"wires.row_segment": "-1 ohm"}, "wires.row_segment: '-1 ohm' is out of range"),
        ({"wires.row_segment": "inf ohm"}, "wires.row_segment"),
        ({"wires.row_segment": "1 V"}, "wires.row_segment"),
        ({"wires.row_segmnt": "1 ohm"}, "did you mean 'row_segment'"),
        ({"cell.iv.v1": "1 V"}, "unknown key 'v1'"),
        ({"wires.kind": "floating"}, "'floating' is not one of passive, gated"),
        ({"wires.rows": 100}, "wires.rows 100: the network takes 144 rows"),
        ({"wires.columns": 79}, "wires.columns 79: the network takes 80 columns"),
        ({"wires.rows": 5000}, "out of range"),
        ({"wires.leak": "1 nS"}, "leak: a passive array has no transistors"),
        ({"wires.source_segment": "1 ohm"}, "source_segment: a passive array has no such segment; it has row_segment"),
        ({"wires.kind": "gated", "wires.row_segment": "1 ohm"}, "it has source_segment"),
        ({"wires.drive_end": "top"}, "a passive array is driven from left or right"),
        ({"wires.kind": "gated", "wires.drive_end": "left"}, "a gated array is driven from top or bottom"),
        ({"injectors.trim": "reads"}, "without effect"),
        ({"injectors.trim": "guess"}, "'guess' is not one of cells, reads"),
        ({"cell.iv.v0": "0.2 V", "array.access_resistance": "0 ohm"}, "cell.iv: without effect"),
    ],
)
def test_bad_input_is_one_line(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        load_chip("spirit", changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"wires.rows": 2000}, "cores.rows and cores.columns"),
        ({"wires.row_segment": "1 ohm", "cores.convolution": "per-position"}, "set it to shared"),
    ],
)
def test_several_cores_have_sizes_of_their_own(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        load_multi_chip("spirit_multi", changes)
