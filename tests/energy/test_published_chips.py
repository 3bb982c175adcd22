"""The table of published chips: complete, cited, and refused when a row is wrong."""

from __future__ import annotations

import copy
import tomllib
from importlib import resources
from typing import Any

import pytest

from spikecim.energy.published_chips import READ_AS, PublishedChips, published_chips
from spikecim.errors import ParameterError
from spikecim.parameters import read_section

TABLE = published_chips()
ROWS = {row.system: row for row in TABLE.chip}


def test_systems_have_one_row_each_and_every_source_is_used() -> None:
    assert len(ROWS) == len(TABLE.chip)
    assert set(TABLE.sources) == {name for row in TABLE.chip for name in row.source.split(", ")}
    for row in TABLE.chip:
        assert row.read_as in READ_AS
        assert all(len(citation) > 20 for citation in TABLE.citations(row))


def test_every_chip_that_the_report_must_name_is_there() -> None:
    named = ("ODIN", "Buhler", "SPOON", "TrueNorth", "Loihi", "BrainScaleS-2", "Park", "Chen", "Yan", "Wan", "Tang")
    for name in named:
        assert any(system.startswith(name) for system in ROWS), name


# As the tables cited there print them: mJ of an inference times 1e6, and pJ per synaptic operation.
@pytest.mark.parametrize(
    ("system", "nj", "accuracy", "sop"),
    [
        ("SPIRIT", None, 84, 3.6),
        ("ODIN", 0.000015e6, 84.5, 12.7),
        ("SPOON", 0.000313e6, 97.5, None),
        ("Park", 0.000253e6, 98.1, None),
        ("Chen", 0.0017e6, 97.9, 3.8),
        ("TrueNorth, small", 0.00027e6, 92.7, 2.5),
        ("TrueNorth, large", 0.108e6, 99.4, None),
        ("BrainScaleS-2", 0.0084e6, 96.9, None),
        ("Loihi, Renner", 0.0025e6, 96.3, 23.6),
        ("Loihi, Lin", 0.0128e6, 96.4, None),
        ("SpiNNaker", 3.3e6, 95, 45),
    ],
)
def test_rows_as_they_are_printed(system: str, nj: float | None, accuracy: float, sop: float | None) -> None:
    row = ROWS[system]
    assert row.nj_per_inference == (None if nj is None else pytest.approx(nj, rel=1e-12))
    assert (row.accuracy_percent, row.pj_per_sop) == (accuracy, sop)


# Numbers that were turned over from another unit.
@pytest.mark.parametrize(
    ("system", "per_watt"), [("Yan", 16.9e12), ("Wan", 74e12), ("OpenSpike", 56.8e9)], ids=["TOPS", "TMACS", "GOPS"]
)
def test_operations_per_watt_turned_over(system: str, per_watt: float) -> None:
    assert ROWS[system].pj_per_sop == pytest.approx(1e12 / per_watt, rel=5e-3)
    assert "turned over" in ROWS[system].note


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "ODIN, NOBODY"}, "SPIRIT: source 'NOBODY' is not in"),
        ({"read_as": "hearsay"}, "read_as 'hearsay' is not one of own text, own abstract, .*table elsewhere"),
        ({"pj_per_sop": 0.0}, "SPIRIT: numbers must be above 0"),
        ({"acuracy": 3}, "did you mean"),
    ],
)
def test_a_wrong_row_is_refused_in_one_line(change: dict[str, object], words: str) -> None:
    raw: dict[str, Any] = copy.deepcopy(shipped())
    raw["chip"][0] |= change
    with pytest.raises(ParameterError, match=words) as caught:
        read_section(PublishedChips, raw, "chips.toml")
    assert "\n" not in str(caught.value)


def shipped() -> dict[str, Any]:
    return tomllib.loads((resources.files("spikecim.energy") / "published_chips.toml").read_text(encoding="utf-8"))
