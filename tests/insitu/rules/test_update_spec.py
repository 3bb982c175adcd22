"""What an update rule is told: usual values, the rate's rescale with gamma, bad values as one line."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from spikecim.errors import ParameterError
from spikecim.insitu.rules.spec import RULES, UpdateSpec

USUAL = {
    "sgd": ("stochastic", "max", "never"),
    "momentum": ("stochastic", "max", "never"),
    "residual": ("nearest", "max", "never"),
    "mixed-precision": ("toward-zero", "gradient", "never"),
    "tiki-taka": ("stochastic", "gradient", "never"),
    "v2.1": ("nearest", "power-of-two", "epoch"),
}


@pytest.mark.parametrize("rule", RULES)
def test_auto_is_what_the_rule_usually_has(rule: str) -> None:
    spec = UpdateSpec(rule=rule, gamma=0.9 if rule in ("momentum", "v2.1") else 0.0)
    assert (spec.rounding, spec.normalise, spec.reset) == USUAL[rule]
    assert UpdateSpec(rule=rule, gamma=spec.gamma, rounding="stochastic").rounding == "stochastic"


@pytest.mark.parametrize(
    ("values", "rate"),
    [
        ({"rule": "sgd"}, 0.2),
        ({"rule": "momentum", "gamma": 0.9}, 0.02),
        ({"rule": "momentum", "gamma": 0.5}, 0.1),
        ({"rule": "momentum", "gamma": 0.9, "rescale": "none"}, 0.2),
        ({"rule": "momentum", "gamma": 0.9, "normalise": "power-of-two"}, 0.02),
        ({"rule": "momentum", "gamma": 0.9, "normalise": "gradient"}, 0.2),
        ({"rule": "momentum", "gamma": 0.9, "normalise": "none"}, 0.2),
        ({"rule": "v2.1", "gamma": 0.9}, 0.2),
    ],
)
def test_rate_is_rescaled_where_the_norm_hides_the_average(values: dict[str, Any], rate: float) -> None:
    assert UpdateSpec(rate=0.2, **values).effective_rate == pytest.approx(rate, rel=1e-12)


BAD = {
    "unknown rule": ({"rule": "momentun"}, "update rule: rule: 'momentun' is unknown; did you mean 'momentum'"),
    "unknown rounding": ({"rounding": "nearst"}, "update rule: rounding: 'nearst' is unknown; did you mean 'nearest'"),
    "rate": ({"rate": -0.1}, r"update rule sgd: rate is -0\.1; allowed 0"),
    "nan": ({"rate": float("nan")}, "rate is nan; allowed"),
    "gamma": ({"rule": "momentum", "gamma": 1.0}, r"gamma is 1\.0; allowed 0 \.\. 0\.9999"),
    "no gamma": ({"rule": "momentum"}, "give a gamma above 0, or use sgd"),
    "sgd": ({"gamma": 0.9}, "sgd keeps no velocity; use momentum"),
    "bits": ({"rule": "momentum", "gamma": 0.9, "velocity_bits": 2}, r"velocity_bits is 2; allowed 0 \(floats\)"),
    "idle bits": ({"velocity_bits": 8}, "velocity_bits has no effect without gamma"),
    "carry": ({"transfer_carry": True}, "transfer_carry has an effect in tiki-taka only"),
    "tiki": ({"rule": "tiki-taka", "gamma": 0.9}, "gamma has no effect in tiki-taka"),
    "tiki phases": ({"rule": "tiki-taka", "phases": "alternate"}, "phases alternate has no effect in tiki-taka"),
    "v2.1 alone": ({"rule": "v2.1"}, r"update rule v2\.1: gamma is 0; give a gamma above 0"),
    "v2.1 rescale": ({"rule": "v2.1", "gamma": 0.9, "rescale": "none"}, r"no effect in v2\.1, which never rescales"),
    "reset": ({"reset": "epoch"}, "reset epoch has no effect without gamma"),
    "rescale": ({"rule": "residual", "rescale": "none"}, "rescale none has no effect without gamma"),
    "rescale norm": (
        {"rule": "momentum", "gamma": 0.9, "rescale": "none", "normalise": "gradient"},
        "rescale none has no effect with normalise gradient",
    ),
    "transfer every": ({"transfer_every": 4}, "transfer_every has an effect in tiki-taka only"),
    "transfer rate": ({"rule": "momentum", "gamma": 0.5, "transfer_rate": 0.2}, "transfer_rate has an effect in tiki"),
    "weight bits": ({"weight_bits": 4}, r"update rule sgd: weight_bits has an effect in v2\.1 only"),
    "memory": ({"norm_memory": 0.9}, "norm_memory has an effect with normalise gradient or velocity_bits only"),
}


@pytest.mark.parametrize(
    "values",
    [
        {"rule": "residual", "gamma": 0.5, "reset": "epoch", "rescale": "none"},
        {"rule": "mixed-precision", "norm_memory": 1.0},
        {"rule": "momentum", "gamma": 0.9, "velocity_bits": 8, "norm_memory": 0.5},
        {"rule": "tiki-taka", "transfer_every": 2, "transfer_rate": 0.2, "norm_memory": 0.9},
        {"rule": "v2.1", "gamma": 0.9, "weight_bits": 4},
    ],
)
def test_settings_with_an_effect_stay_and_a_spec_told_in_full_is_itself(values: dict[str, Any]) -> None:
    spec = UpdateSpec(**values)
    assert UpdateSpec(**asdict(spec)) == spec


@pytest.mark.parametrize(("values", "message"), BAD.values(), ids=BAD)
def test_bad_values(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        UpdateSpec(**values)
    assert "\n" not in str(caught.value)
