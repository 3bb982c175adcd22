"""Values with a birth certificate: what is accepted, what is refused, and in which words."""

from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.certificates import STATUSES
from spikecim.errors import ParameterError
from spikecim.parameters import (
    Choice,
    Count,
    Parameter,
    Quantity,
    Section,
    read_section,
    repr_quantity,
    walk,
)
from spikecim.units import SYMBOLS, parse_quantity

CAPACITANCE = {"value": "200 fF", "status": "published", "source": "FIG, EMB: MOM capacitor"}


class Node(Section):
    capacitance: Annotated[Parameter[float], Quantity("farad", 1e-18, 1e-6)]


class Part(Section):
    node: Node
    side: Annotated[Parameter[int], Count(1, 12)]
    mode: Annotated[Parameter[str], Choice(("fast", "slow"))]


def table(value: object, **changes: object) -> dict[str, object]:
    return {"value": value, "status": "assumed", "source": "test"} | changes


def part(**changes: object) -> dict[str, object]:
    return {"node": {"capacitance": CAPACITANCE}, "side": table(3), "mode": table("fast")} | changes


def refusal(raw: dict[str, object]) -> str:
    with pytest.raises(ParameterError) as caught:
        read_section(Part, raw, "chip.toml")
    message = str(caught.value)
    assert message.startswith("chip.toml: ") and "\n" not in message
    return message.removeprefix("chip.toml: ")


def test_a_quantity_keeps_si_value_unit_status_and_source() -> None:
    assert Quantity("farad").read(CAPACITANCE) == Parameter(
        value=2e-13, unit="farad", status="published", source="FIG, EMB: MOM capacitor"
    )


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_the_list_is_accepted(status: str) -> None:
    fitted = {"fitted_to": "accuracy"} if status == "calibrated" else {}
    parameter = Quantity("farad").read(CAPACITANCE | {"status": status} | fitted)
    assert (parameter.status, parameter.fitted_to) == (status, fitted.get("fitted_to"))
    assert Quantity("farad").read(parameter.describe()) == parameter


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "calibrated"])
def test_only_a_calibrated_value_is_fitted_to_a_row(status: str) -> None:
    with pytest.raises(ParameterError, match=f"fitted_to goes with status calibrated only, not with {status}"):
        Quantity("farad").read(CAPACITANCE | {"status": status, "fitted_to": "accuracy"})


@pytest.mark.parametrize("kind", [Quantity("dimensionless"), Count(), Choice((1,))])  # type: ignore[arg-type]
@pytest.mark.parametrize("row", [None, "", "  ", 7])
def test_a_calibrated_value_names_its_row(kind: Quantity, row: object) -> None:
    with pytest.raises(ParameterError, match="fitted_to is missing: a calibrated value names the row") as caught:
        kind.read(table(1, status="calibrated", fitted_to=row))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [None, "", "guessed", "Published", ["assumed"], 1])
def test_another_status_is_refused(status: object) -> None:
    with pytest.raises(ParameterError, match="is not one of published, derived, proxy, calibrated, measured, assumed"):
        Quantity("farad").read(CAPACITANCE | {"status": status})


@pytest.mark.parametrize("key", ["value", "status", "source"])
def test_a_missing_part_of_the_certificate_is_refused(key: str) -> None:
    with pytest.raises(ParameterError, match=key):
        Quantity("farad").read({k: v for k, v in CAPACITANCE.items() if k != key})


@pytest.mark.parametrize("source", ["", "  ", None, 7])
def test_an_empty_source_is_refused(source: object) -> None:
    with pytest.raises(ParameterError, match="source is missing"):
        Quantity("farad").read(CAPACITANCE | {"source": source})


def test_an_unknown_part_of_the_certificate_is_refused() -> None:
    with pytest.raises(ParameterError, match="unknown key 'unit': allowed are value, range, status, source, fitted_to"):
        Quantity("farad").read(CAPACITANCE | {"unit": "F"})


@pytest.mark.parametrize("raw", ["200 fF", 2e-13, None, ["200 fF"]])
def test_a_value_without_certificate_is_refused(raw: object) -> None:
    with pytest.raises(ParameterError, match="expected a table like"):
        Quantity("farad").read(raw)


@pytest.mark.parametrize("value", ["0.9 aF", "1.1 uF"])
def test_a_quantity_out_of_range_is_refused_with_the_range(value: str) -> None:
    assert refusal(part(node={"capacitance": CAPACITANCE | {"value": value}})) == (
        f"node.capacitance: {value!r} is out of range; allowed 0.001 fF .. 1 uF"
    )


@pytest.mark.parametrize(
    ("kind", "value", "allowed"),
    [
        (Quantity("volt", high=1.0), "2 V", "any .. 1 V"),
        (Quantity("volt", low=1.0), "0 V", "1 V .. any"),
        (Quantity("dimensionless", high=1.0), 2, "any .. 1"),
    ],
)
def test_an_open_range_is_named_as_open(kind: Quantity, value: object, allowed: str) -> None:
    with pytest.raises(ParameterError, match=f"allowed {allowed}$"):
        kind.read(table(value))


def test_the_bounds_themselves_are_allowed() -> None:
    assert Quantity("farad", 1e-18, 1e-6).read(table("1 aF")).value == 1e-18
    assert Quantity("farad", 1e-18, 1e-6).read(table("1 uF")).value == 1e-6
    assert [Count(1, 12).read(table(n)).value for n in (1, 12)] == [1, 12]


@pytest.mark.parametrize("value", [True, 3.0, "3", None])
def test_a_count_is_a_whole_number(value: object) -> None:
    assert refusal(part(side=table(value))) == f"side: expected a whole number, got {value!r}"


@pytest.mark.parametrize("value", [0, 13, -1])
def test_a_count_out_of_range_is_refused(value: int) -> None:
    assert refusal(part(side=table(value))) == f"side: {value} is out of range; allowed 1 .. 12"


@pytest.mark.parametrize("value", ["medium", "FAST", 1, None])
def test_a_choice_is_one_of_its_names(value: object) -> None:
    assert refusal(part(mode=table(value))) == f"mode: {value!r} is not one of fast, slow"


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    assert refusal(part(node={"capacitance": CAPACITANCE, "capacitence": CAPACITANCE})) == (
        "unknown key 'node.capacitence'; did you mean 'capacitance'?"
    )
    assert refusal(part(zzz=1)) == "unknown key 'zzz'; allowed: mode, node, side"


def test_a_missing_key_is_refused() -> None:
    raw = part()
    del raw["side"]
    assert refusal(raw) == "side: missing; every description needs it"


def test_a_section_cannot_be_changed() -> None:
    section = read_section(Part, part(), "chip.toml")
    with pytest.raises(ValueError, match="frozen"):
        section.side = Parameter(value=1, unit="count", status="assumed", source="x")  # type: ignore[misc]


def test_walk_yields_every_parameter_in_file_order() -> None:
    section = read_section(Part, part(), "chip.toml")
    assert [(path, p.value) for path, p in walk(section)] == [
        ("node.capacitance", 2e-13),
        ("side", 3),
        ("mode", "fast"),
    ]


def test_readable_text_has_an_engineering_prefix() -> None:
    section = read_section(Part, part(), "chip.toml")
    assert [parameter.text() for _, parameter in walk(section)] == ["200 fF", "3", "fast"]


# Oracle: equality of doubles; a chip file written by `describe` must read back to the same program, bit by bit.
@given(value=st.floats(allow_nan=False, allow_infinity=False), unit=st.sampled_from(sorted(SYMBOLS)))
def test_exact_text_reads_back_to_the_same_double(value: float, unit: str) -> None:
    assert parse_quantity(repr_quantity(value, unit), unit) == value


@given(value=st.floats(1e-18, 1e-6))
def test_a_described_parameter_reads_back_to_itself(value: float) -> None:
    parameter = Parameter(value=value, unit="farad", status="derived", source="test")
    assert Quantity("farad").read(parameter.describe()) == parameter
