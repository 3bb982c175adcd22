"""The project's own network file: any network comes back, and a damaged file gives one line."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikecim.errors import ResultFileError
from spikecim.models import AnnModel
from spikecim.models.files import FORMAT, load_model, save_model
from tests.models.strategies import networks


def same(one: AnnModel, other: AnnModel) -> None:
    assert (one.name, one.input_shape, one.notes) == (other.name, other.input_shape, other.notes)
    assert [type(layer) for layer in one.layers] == [type(layer) for layer in other.layers]
    for left, right in zip(one.layers, other.layers, strict=True):
        for item in fields(left):
            wanted, found = getattr(left, item.name), getattr(right, item.name)
            np.testing.assert_array_equal(found, wanted)
            assert type(found) is type(wanted)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=networks())
def test_any_network_comes_back(model: AnnModel, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    save_model(model, path)
    same(model, load_model(path))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=networks())
def test_half_precision_rounds_once(model: AnnModel, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    save_model(model, path, half=True)
    rounded = load_model(path)
    save_model(rounded, path, half=True)
    same(rounded, load_model(path))
    for left, right in zip(model.layers, rounded.layers, strict=True):
        for key, value in vars(left).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(value.astype(np.float16).astype(np.float32), vars(right)[key])


DENSE = {"layer": "dense", "name": "d"}
ARRAYS = {"0.weights": np.zeros((3, 2), np.float32), "0.bias": np.zeros(2, np.float32)}


def written(path: Path, layers: Any, arrays: dict[str, Any], **more: Any) -> Path:
    about = {"format": FORMAT, "name": "n", "input_shape": [3], "layers": layers, **more}
    np.savez(path, about=np.array(json.dumps(about)), **arrays)
    return path


BAD: dict[str, tuple[Any, dict[str, Any], dict[str, Any], str]] = {
    "format": ([DENSE], ARRAYS, {"format": "other"}, "format 'other' is not"),
    "kind": ([{**DENSE, "layer": "eval"}], ARRAYS, {}, "'eval'"),
    "field": ([{**DENSE, "extra": 1}], ARRAYS, {}, "unknown fields \\['extra'\\]"),
    "missing": ([DENSE], {"0.weights": ARRAYS["0.weights"]}, {}, "bias"),
    "rank": ([DENSE], {**ARRAYS, "0.weights": np.zeros(3)}, {}, "layer d"),
    "bias": ([DENSE], {**ARRAYS, "0.bias": np.zeros(7)}, {}, "layer d"),
    "nan": ([DENSE], {**ARRAYS, "0.bias": np.array([0, np.nan])}, {}, "NaN"),
    "texts": ([DENSE], {**ARRAYS, "0.bias": np.array(["a", "b"])}, {}, "could not convert"),
    "objects": ([DENSE], {**ARRAYS, "0.bias": np.array([None, {}])}, {}, "pickle"),
    "no layers": ([], {}, {}, "has no layer"),
    "layers": (3, ARRAYS, {}, "is not a network file"),
    "layer": ([3], ARRAYS, {}, "is not a network file"),
    "shape": ([DENSE], ARRAYS, {"input_shape": [4]}, "takes \\(3,\\) values, got \\(4,\\)"),
    "shapes": ([DENSE], ARRAYS, {"input_shape": "wide"}, "is not a network file"),
    "notes": ([DENSE], ARRAYS, {"notes": 3}, "is not a network file"),
    "stride": (
        [{"layer": "convolution", "stride": "ab"}],
        {"0.weights": np.zeros((1, 1, 1, 1)), "0.bias": np.zeros(1)},
        {"input_shape": [2, 2, 1]},
        "stride",
    ),
    "no stride": (
        [{"layer": "convolution", "stride": [0, 0]}],
        {"0.weights": np.zeros((1, 1, 1, 1)), "0.bias": np.zeros(1)},
        {"input_shape": [2, 2, 1]},
        "stride",
    ),
    "groups": (
        [{"layer": "convolution", "groups": 0}],
        {"0.weights": np.zeros((1, 1, 1, 1)), "0.bias": np.zeros(1)},
        {"input_shape": [2, 2, 1]},
        "groups",
    ),
    "pool": ([{"layer": "average-pool", "size": [0, 1]}], {}, {"input_shape": [2, 2, 1]}, "window"),
    "activation": ([{"layer": "activation"}], {}, {}, "kind"),
    "unknown activation": ([{"layer": "activation", "kind": "gelu"}], {}, {}, "activation 'gelu'; supported: relu"),
    "slope": ([{"layer": "activation", "kind": "tanh", "slope": -1}], {}, {}, "slope must be above 0"),
    "levels": ([{"layer": "activation", "kind": "tanh", "levels": "many"}], {}, {}, "not supported between"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables_give_one_line(name: str, tmp_path: Path) -> None:
    layers, arrays, more, text = BAD[name]
    path = written(tmp_path / "net.npz", layers, arrays, **more)
    with pytest.raises(ResultFileError, match=text) as caught:
        load_model(path)
    assert "\n" not in str(caught.value) and "net.npz" in str(caught.value)


def test_damaged_files_give_one_line(tmp_path: Path) -> None:
    path, rng = written(tmp_path / "net.npz", [DENSE], ARRAYS), np.random.default_rng(0)
    data, outcomes = np.frombuffer(path.read_bytes(), np.uint8), set()
    compressed = tmp_path / "compressed.npz"
    save_model(load_model(path), compressed)
    for whole in (data, np.frombuffer(compressed.read_bytes(), np.uint8)):
        for length in range(0, len(whole), 13):
            path.write_bytes(whole[:length].tobytes())
            with pytest.raises(ResultFileError):
                load_model(path)
        for _ in range(300):
            hurt = whole.copy()
            hurt[rng.integers(len(hurt), size=rng.integers(1, 8))] = rng.integers(256)
            path.write_bytes(hurt.tobytes())
            try:
                load_model(path)
                outcomes.add("read")
            except ResultFileError as error:
                assert "\n" not in str(error)
                outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ResultFileError, match="cannot be read"):
        load_model(tmp_path / "none.npz")


@given(content=st.binary(max_size=200))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_else_is_no_network(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    path.write_bytes(content)
    with pytest.raises(ResultFileError):
        load_model(path)
