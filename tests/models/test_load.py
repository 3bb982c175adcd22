"""One door for all networks, and the pip line when a package is missing."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from spikecim.errors import MissingExtraError, ModelError, ParameterError, ResultFileError
from spikecim.models import AnnModel, Dense
from spikecim.models.files import save_model
from spikecim.models.load import load_any
from tests.models.strategies import numbers


@pytest.fixture
def model() -> AnnModel:
    return AnnModel(name="n", input_shape=(3,), layers=(Dense(weights=numbers(0, 3, 2), bias=numbers(0, 2)),))


def test_shipped_names_and_our_own_files(model: AnnModel, tmp_path: Path) -> None:
    assert load_any("mine", {"mine": lambda: model}) is model
    save_model(model, tmp_path / "net.npz")
    assert load_any(tmp_path / "net.npz").name == "n"
    assert load_any(str(tmp_path / "net.npz")).name == "n"


def test_nir_and_onnx_files(model: AnnModel, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    nir_export = pytest.importorskip("spikecim.models.nir_export")
    nir_export.write_nir(model, tmp_path / "net.nir")
    assert load_any(tmp_path / "net.nir").input_shape == (3,)
    (tmp_path / "net.ONNX").write_bytes(onnx.ModelProto().SerializeToString())
    with pytest.raises(ModelError, match="not an ONNX model"):
        load_any(tmp_path / "net.ONNX")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lenet-mnst", "did you mean 'lenet-mnist'"),
        ("qqq", r"known: lenet-mnist; or give a file ending in .npz, .onnx, .nir"),
        ("net.h5", "'net.h5' is unknown"),
    ],
)
def test_unknown_names(name: str, text: str, model: AnnModel) -> None:
    with pytest.raises(ParameterError, match=text):
        load_any(name, {"lenet-mnist": lambda: model})


@pytest.mark.parametrize("ending", [".npz", ".onnx", ".nir"])
def test_missing_files(ending: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        load_any(tmp_path / f"none{ending}")


def test_pickled_files_are_not_opened(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"export to \.onnx, or use spikecim\.models\.torch_module\.from_torch_file"):
        load_any(tmp_path / "net.pt")


def test_other_npz(tmp_path: Path) -> None:
    (tmp_path / "net.npz").write_bytes(b"nothing")
    with pytest.raises(ResultFileError, match="is not a network file"):
        load_any(tmp_path / "net.npz")


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [("onnx_file", "onnx", "onnx"), ("nir_export", "nir", "nir"), ("torch_module", "torch", "torch")],
)
def test_missing_packages_name_the_pip_line(
    module: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.startswith(f"spikecim.models.{module}")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError) as caught:
        importlib.import_module(f"spikecim.models.{module}")
    text = str(caught.value)
    assert f'needs the package {package}, which is not installed; do: pip install "spikecim[{extra}]"' in text
    assert "\n" not in text


def test_the_door_itself_needs_no_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "spikecim.models.onnx_file", raising=False)
    path = tmp_path / "net.onnx"
    path.write_bytes(b"")
    with pytest.raises(MissingExtraError, match="spikecim\\[onnx\\]"):
        load_any(path)
