"""Factors: where their values lie, how they are written, and every fault of a range as one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.chips import load_chip
from spikecim.errors import ParameterError
from spikecim.study.factors import Factor, base_values, read_factor

KNOWN = base_values(load_chip("spirit"))


def read(path: str, entry: object) -> Factor:
    return read_factor(path, entry, KNOWN, "study.toml")


def test_a_range_reaches_both_ends_in_si() -> None:
    window = read("coding.window", {"low": "500 us", "high": "2 ms", "scale": "log"})
    assert (window.at(0.0), window.at(1.0)) == (5e-4, 2e-3)
    assert window.at(0.5) == pytest.approx(1e-3)
    assert window.text(window.at(0.0)) == "0.0005 second"
    assert window.n_values is None


def test_a_stepped_range_and_a_count_take_whole_steps() -> None:
    refractory = read("neuron.refractory", {"low": "0 us", "high": "6 us", "step": "2 us"})
    assert refractory.levels(99) == pytest.approx((0.0, 2e-6, 4e-6, 6e-6))
    margin = read("decision.delta_s", {"low": 3, "high": 6})
    assert margin.levels(99) == (3, 4, 5, 6)
    assert all(isinstance(value, int) for value in margin.levels(99))


@given(st.floats(0.0, 1.0), st.integers(1, 7))
def test_every_value_of_a_list_has_its_equal_share(share: float, n: int) -> None:
    factor = read("synapse.levels", list(range(1, n + 1)))
    assert factor.at(share) == min(int(share * n), n - 1) + 1


@given(st.floats(0.0, 1.0), st.floats(1e-3, 10.0), st.floats(1.001, 100.0), st.sampled_from(["linear", "log"]))
def test_no_value_leaves_its_range(share: float, low: float, ratio: float, scale: str) -> None:
    factor = read("cell.hrs.sigma_ln", {"low": low, "high": low * ratio, "scale": scale})
    assert low <= factor.at(share) <= low * ratio


def test_a_description_reads_back() -> None:
    for path, entry in {
        "coding.window": {"low": "500 us", "high": "2 ms", "scale": "log"},
        "decision.delta_s": {"low": 4, "high": 20, "step": 4},
        "synapse.code": ["unary-bipolar", "sign-magnitude"],
        "weights.redundancy": [1, 2, 3],
        "chip.age": ["0 s", "1 h"],
    }.items():
        factor = read(path, entry)
        again = read(path, factor.describe())
        assert again.describe() == factor.describe()
        assert again.levels(5) == factor.levels(5)


@pytest.mark.parametrize(
    ("path", "entry", "told"),
    [
        ("cell.hrs.sigma", [1.0], "did you mean 'cell.hrs.sigma_ln'"),
        ("weights.level", [4], "did you mean 'weights.levels'"),
        ("cell.hrs.sigma_ln", [], "list of values is empty"),
        ("cell.hrs.sigma_ln", [0.5, 0.5], "twice"),
        ("cell.hrs.sigma_ln", {"low": 1.0, "high": 0.5}, "is empty"),
        ("cell.hrs.sigma_ln", {"low": 1.0, "high": 1.0}, "is empty"),
        ("cell.hrs.sigma_ln", {"low": 1.0}, "high is missing"),
        ("cell.hrs.sigma_ln", {"low": 0.0, "high": 1.0, "scale": "log"}, "low above 0"),
        ("cell.hrs.sigma_ln", {"low": 0.0, "high": 1.0, "scale": "cubic"}, "not one of linear, log"),
        ("cell.hrs.sigma_ln", {"values": [1.0], "low": 0.5}, "contradict"),
        ("cell.hrs.sigma_ln", {"low": 0.0, "hihg": 1.0}, "did you mean 'high'"),
        ("cell.hrs.sigma_ln", {"low": 0.0, "high": float("nan")}, "finite"),
        ("cell.hrs.sigma_ln", 0.5, "expected a list"),
        ("coding.window", [1.0], "has no unit"),
        ("coding.window", ["5 mV"], "5 mV"),
        ("decision.delta_s", {"low": 1, "high": 10, "step": 4}, "whole number of steps"),
        ("decision.delta_s", {"low": 1, "high": 10, "step": 0}, "must be above 0"),
        ("cell.hrs.sigma_ln", {"low": 0.1, "high": 1.0, "step": -0.1}, "must be above 0"),
        ("decision.delta_s", [1.5], "whole number"),
        ("synapse.code", {"low": 1, "high": 2}, "choice between names"),
        ("weights.redundancy", [0], "1 .. 64"),
        ("network.quantisation", ["post-trainin"], "did you mean 'post-training"),
        ("chip.age", ["-1 s"], "before programming"),
    ],
)
def test_a_fault_is_one_line_that_names_the_factor(path: str, entry: object, told: str) -> None:
    with pytest.raises(ParameterError) as failure:
        read(path, entry)
    message = str(failure.value)
    assert told in message
    assert path in message
    assert message.startswith("study.toml: factor")
