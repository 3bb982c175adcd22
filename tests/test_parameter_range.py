"""The range of a number: read in its unit, held against its value, written back, and no part of what a chip is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Series

JOULES = Quantity("joule", 0.0, 1.0)


def table(value: object, **more: object) -> dict[str, object]:
    return {"value": value, "status": "assumed", "source": "test"} | more


def test_a_range_is_read_in_si_like_the_value() -> None:
    parameter = JOULES.read(table("50 fJ", range=["10 fJ", "0.2 pJ"]))
    assert parameter.range == (1e-14, 2e-13)
    assert parameter.range_text() == "10 fJ .. 200 fJ"
    assert JOULES.read(table("50 fJ")).range is None
    assert JOULES.read(table("50 fJ")).range_text() == ""


def test_a_count_has_a_range_of_whole_numbers() -> None:
    parameter = Count(1, 64).read(table(16, range=[8, 24]))
    assert parameter.range == (8, 24)
    assert parameter.range_text() == "8 .. 24"


@given(ends=st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).map(sorted))
def test_a_range_reads_back_exactly(ends: list[float]) -> None:
    low, value, high = ends
    given_ = Parameter(value=value, unit="joule", status="assumed", source="test", range=(low, high))
    assert JOULES.read(given_.describe()) == given_


def test_a_value_without_a_range_is_described_without_one() -> None:
    assert "range" not in JOULES.read(table("1 pJ")).describe()


@pytest.mark.parametrize(
    ("range_", "words"),
    [
        (["60 fJ", "70 fJ"], r"range \['60 fJ', '70 fJ'\] does not hold the value '50 fJ': write low <= value <= high"),
        (["10 fJ", "40 fJ"], "does not hold the value"),
        (["90 fJ", "10 fJ"], "does not hold the value"),
        (["10 fJ"], r"range: expected \[low, high\], for example"),
        ("10 fJ .. 90 fJ", r"range: expected \[low, high\]"),
        ([], r"range: expected \[low, high\]"),
        (["10 fJ", "90 fF"], "range: '90 fF' is not in joule"),
        (["10 fJ", 1e-12], "range: 1e-12 has no unit"),
        (["-1 fJ", "90 fJ"], "range: '-1 fJ' is out of range; allowed 0 J .. 1 J"),
        (["10 fJ", "nan J"], "range: expected a finite quantity"),
        (None, r"range: expected \[low, high\]"),
    ],
)
def test_a_contradictory_range_is_refused_in_one_line(range_: object, words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        JOULES.read(table("50 fJ", range=range_))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("end", [8.5, "8", True])
def test_a_count_refuses_a_range_of_anything_else(end: object) -> None:
    with pytest.raises(ParameterError, match="range: expected a whole number"):
        Count(1, 64).read(table(16, range=[end, 24]))


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Choice(("fast", "slow")), "fast"), (Series("second"), ["1 s", "2 s"])],
    ids=["choice", "series"],
)
def test_a_choice_or_a_list_has_no_range(kind: Choice | Series, value: object) -> None:
    with pytest.raises(ParameterError, match="range goes with a single quantity or count only"):
        kind.read(table(value, range=[0, 1]))
