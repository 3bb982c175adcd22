"""Chip files of several cores."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikecim.chips import chip_names, load_chip, load_multi_chip, multi_chip_names
from spikecim.errors import ParameterError
from spikecim.parameters import walk


def test_cells_neurons_and_injectors_are_those_of_spirit() -> None:
    spirit, multi = load_chip("spirit"), load_multi_chip("spirit_multi")
    for section in ("cell", "synapse", "array", "injectors", "neuron"):
        ours, theirs = (dict(walk(getattr(chip, section))) for chip in (multi, spirit))
        differing = [key for key in ours if ours[key].value != theirs[key].value] if section != "cell" else []
        assert differing == []
    assert multi.cell.lrs == spirit.cell.lrs
    assert multi.link.words_per_tick.value == 1


def test_shipped_names_are_told_apart_and_dashes_are_understood() -> None:
    assert set(multi_chip_names()) == {"spirit_multi", "spirit_multi_ideal"}
    assert not set(multi_chip_names()) & set(chip_names())
    assert load_multi_chip("spirit-multi") == load_multi_chip("spirit_multi")


def test_a_description_reads_back(tmp_path: Path) -> None:
    chip = load_multi_chip("spirit_multi", {"cores.rows": 77})
    assert chip.cores.rows.value == 77
    assert chip.describe()["cores"]["rows"]["value"] == 77
    assert chip.digest() != load_multi_chip("spirit_multi").digest()


def test_a_file_may_inherit(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('inherit = "spirit_multi"\nname = "mine"\n[cores]\ncount = 3\n', encoding="utf-8")
    assert load_multi_chip(path).cores.count.value == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"neuron.comparator": "on_event"}, "takes continuous only"),
        ({"synapse.code": "sign-magnitude"}, "bit slices need a code whose cells all feed an injector"),
        ({"energy.reading": "per-input-spike"}, "counts per-synaptic-event only"),
        ({"cores.convolution": "copied"}, "not one of shared, per-position"),
        ({"coding.window": "1 ms"}, "unknown key 'window'"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        load_multi_chip("spirit_multi", changes)


def test_each_kind_of_chip_is_asked_for_by_its_own_loader() -> None:
    with pytest.raises(ParameterError, match="is a chip of several cores"):
        load_chip("spirit_multi")
    with pytest.raises(ParameterError, match="is a chip of one core"):
        load_multi_chip("spirit")
