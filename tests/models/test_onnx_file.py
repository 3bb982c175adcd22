"""ONNX files: the same outputs as their source, and one line for what is damaged, unknown or too new."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.errors import ModelError
from spikecim.models import Activation, AnnModel, AveragePool, BatchNorm, Convolution, Dense, Flatten
from spikecim.models.forward import forward
from spikecim.models.pooling import ModelWarning

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from spikecim.models import onnx_file  # noqa: E402
from spikecim.models.onnx_file import NEWEST_OPSET, OLDEST_OPSET, read_onnx  # noqa: E402

FIXTURES = Path(__file__).parent / "fixtures"
RNG = np.random.default_rng(3)


def values(*shape: int) -> Any:
    return RNG.normal(size=shape).astype(np.float32)


def made(
    nodes: list[Any], weights: dict[str, Any], shape: tuple[Any, ...], opset: int = 17, **more: Any
) -> onnx.ModelProto:
    """A model from `x` of (batch, *shape) to `y`."""
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(
        nodes, "test", [given, *more.get("inputs", [])], [result, *more.get("outputs", [])], constants
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=more.get("ir", 8))


def op(kind: str, inputs: str, output: str, name: str = "", **values_: Any) -> Any:
    return helper.make_node(kind, inputs.split(), output.split(), name=name or kind.lower(), **values_)


def read(model: onnx.ModelProto, folder: Path, **options: Any) -> AnnModel:
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return read_onnx(path, **options)


def check_same(model: onnx.ModelProto, folder: Path) -> AnnModel:
    """Compare with the ONNX project's own reference, one image and several."""
    network = read(model, folder)
    for n in (1, 4):
        images = RNG.normal(size=(n, *network.input_shape)).astype(np.float32)
        seen = images.transpose(0, 3, 1, 2) if images.ndim == 4 else images
        wanted = ReferenceEvaluator(model).run(None, {"x": seen})[0]
        wanted = wanted.transpose(0, 2, 3, 1) if wanted.ndim == 4 else wanted
        np.testing.assert_allclose(forward(network, images), wanted.reshape(n, -1), rtol=1e-4, atol=1e-4)
    return network


DENSE = {"w": values(4, 3), "b": values(3)}


@pytest.mark.parametrize("opset", [OLDEST_OPSET, 13, NEWEST_OPSET])
def test_gemm(opset: int, tmp_path: Path) -> None:
    nodes = [op("Gemm", "x w b", "h"), op("Relu", "h", "y")]
    network = check_same(made(nodes, DENSE, (4,), opset), tmp_path)
    assert [layer.name for layer in network.layers] == ["gemm", "relu"]
    assert network.name == "net"


def test_gemm_with_all_options(tmp_path: Path) -> None:
    weights = {"w": values(3, 4), "b": values(1, 3)}
    check_same(made([op("Gemm", "x w b", "y", transB=1, alpha=0.5, beta=2.0)], weights, (4,)), tmp_path)
    check_same(made([op("Gemm", "x w b", "y")], {"w": values(4, 3), "b": np.float32([0.5])}, (4,)), tmp_path)


@pytest.mark.parametrize("order", ["h b", "b h"])
def test_matmul_and_add(order: str, tmp_path: Path) -> None:
    network = check_same(made([op("MatMul", "x w", "h"), op("Add", order, "y")], DENSE, (4,)), tmp_path)
    assert len(network.layers) == 1


def test_add_after_a_convolution_is_its_bias(tmp_path: Path) -> None:
    nodes = [op("Conv", "x w", "h"), op("Add", "h b", "y")]
    network = check_same(made(nodes, {"w": values(3, 2, 2, 2), "b": values(3, 1, 1)}, (2, 4, 5)), tmp_path)
    assert len(network.layers) == 1


CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "stride, padding": {"strides": [2, 1], "pads": [1, 0, 2, 1]},
    "groups": {"group": 2},
    "depthwise": {"group": 4},
    "valid": {"auto_pad": "VALID"},
    "same upper": {"auto_pad": "SAME_UPPER", "strides": [2, 3]},
    "same lower": {"auto_pad": "SAME_LOWER", "strides": [1, 2]},
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(name: str, tmp_path: Path) -> None:
    options = CONVOLUTIONS[name]
    weights = {"w": values(8, 4 // options.get("group", 1), 3, 2), "b": values(8)}
    check_same(made([op("Conv", "x w b", "y", **options)], weights, (4, 7, 6)), tmp_path)


def test_batch_norm_then_flatten_then_dense(tmp_path: Path) -> None:
    weights = {
        "k": values(5, 2, 3, 3),
        "scale": values(5),
        "shift": values(5),
        "mean": values(5),
        "var": np.abs(values(5)) + 0.5,
        "w": values(5 * 2 * 3, 4),
    }
    nodes = [
        op("Conv", "x k", "a"),
        op("BatchNormalization", "a scale shift mean var", "b", epsilon=1e-3),
        op("Relu", "b", "c"),
        op("AveragePool", "c", "d", kernel_shape=[2, 2], strides=[2, 2]),
        op("Flatten", "d", "e"),
        op("Dropout", "e", "f", name="drop"),
        op("Identity", "f", "g"),
        op("Gemm", "g w", "h"),
        op("Tanh", "h", "y"),
    ]
    network = check_same(made(nodes, weights, (2, 6, 8)), tmp_path)
    kinds = [type(layer) for layer in network.layers]
    assert kinds[:5] == [Convolution, BatchNorm, Activation, AveragePool, Flatten]


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [((0.0, 6.0), "clipped-relu"), ((-1.0, 1.0), "hard-tanh"), ((0.0, None), "relu"), ((0.0, 3.4028235e38), "relu")],
)
@pytest.mark.parametrize("opset", [10, 11])
def test_clip(bounds: tuple[float, float | None], kind: str, opset: int, tmp_path: Path) -> None:
    weights, more = dict(DENSE), {}
    inputs = "h"
    if opset < 11:
        more = {key: bound for key, bound in zip(("min", "max"), bounds, strict=True) if bound is not None}
    else:
        weights |= {key: np.float32(bound) for key, bound in zip("lu", bounds, strict=True) if bound is not None}
        inputs = "h l u" if bounds[1] is not None else "h l"
    network = check_same(
        made([op("Gemm", "x w b", "h"), op("Clip", inputs, "y", **more)], weights, (4,), opset), tmp_path
    )
    assert network.layers[1].kind == kind


GLOBAL: dict[str, tuple[int, list[Any]]] = {
    "global, flatten": (17, [op("GlobalAveragePool", "a", "b"), op("Flatten", "b", "c")]),
    "global, squeeze": (17, [op("GlobalAveragePool", "a", "b"), op("Squeeze", "b axes", "c")]),
    "mean": (17, [op("ReduceMean", "a", "c", axes=[-2, -1], keepdims=0)]),
    "mean, new": (18, [op("ReduceMean", "a axes", "b"), op("Flatten", "b", "c", axis=-3)]),
    "reshape": (17, [op("GlobalAveragePool", "a", "b"), op("Reshape", "b zero", "c")]),
}


@pytest.mark.parametrize("name", GLOBAL)
def test_global_pools(name: str, tmp_path: Path) -> None:
    opset, nodes = GLOBAL[name]
    weights = {"k": values(3, 2, 2, 2), "axes": np.int64([2, 3]), "zero": np.int64([0, -1]), "w": values(3, 4)}
    check_same(made([op("Conv", "x k", "a"), *nodes, op("Gemm", "c w", "y")], weights, (2, 5, 7), opset), tmp_path)


def test_a_computed_flatten(tmp_path: Path) -> None:
    """What PyTorch's older exporter writes for x.view(x.size(0), -1) with a free batch."""
    nodes = [
        op("Shape", "x", "shape"),
        op("Gather", "shape first", "batch"),
        op("Unsqueeze", "batch axis", "row"),
        op("Concat", "row rest", "wanted", axis=0),
        op("Reshape", "x wanted", "flat"),
        op("Gemm", "flat w", "y"),
    ]
    weights = {"first": np.int64(0), "axis": np.int64([0]), "rest": np.int64([-1]), "w": values(24, 4)}
    check_same(made(nodes, weights, (2, 3, 4)), tmp_path)


def test_constants_in_nodes_and_any_order_of_use(tmp_path: Path) -> None:
    constant = helper.make_node("Constant", [], ["w"], name="c", value=numpy_helper.from_array(values(4, 3), "w"))
    nodes = [constant, op("Identity", "w", "v", name="copy"), op("MatMul", "x v", "y"), op("Relu", "y", "unused")]
    check_same(made(nodes, {}, (4,)), tmp_path)


def test_double_and_half_weights(tmp_path: Path) -> None:
    for kind in (np.float64, np.float16):
        network = read(made([op("MatMul", "x w", "y")], {"w": values(4, 3).astype(kind)}, (4,)), tmp_path)
        assert isinstance(network.layers[0], Dense) and network.layers[0].weights.dtype == np.float32


def test_max_pool(tmp_path: Path) -> None:
    nodes = [op("Conv", "x w", "a"), op("MaxPool", "a", "y", kernel_shape=[2, 2], strides=[2, 2])]
    model = made(nodes, {"w": values(2, 1, 1, 1)}, (1, 4, 4))
    with pytest.raises(ModelError, match="node 'maxpool': max pool"):
        read(model, tmp_path)
    with pytest.warns(ModelWarning, match="'maxpool' was replaced"):
        network = read(model, tmp_path, replace_max_pool=True)
    assert isinstance(network.layers[1], AveragePool)


BAD: dict[str, tuple[list[Any], dict[str, Any], tuple[Any, ...], str]] = {
    "unsupported": (
        [op("Gemm", "x w b", "h"), op("LeakyRelu", "h", "y", name="leak")],
        DENSE,
        (4,),
        "node 'leak': LeakyRelu is not supported; supported: dense",
    ),
    "own domain": (
        [helper.make_node("Gelu", ["x"], ["y"], name="g", domain="com.example")],
        {},
        (4,),
        "com.example.Gelu is not supported",
    ),
    "loop": ([op("Loop", "x", "y", body=helper.make_graph([], "b", [], []))], {}, (4,), "Loop is not supported"),
    "cycle": (
        [op("Gemm", "z w b", "h"), op("Relu", "h", "z"), op("Identity", "z", "y")],
        {"w": values(3, 3), "b": values(3)},
        (3,),
        "the nodes form a cycle \\(",
    ),
    "nan": (
        [op("MatMul", "x w", "y")],
        {"w": np.float32([[1.0], [np.nan]])},
        (2,),
        "node 'matmul': parameters hold NaN",
    ),
    "overflow": ([op("MatMul", "x w", "y")], {"w": np.float64([[1e300]])}, (1,), "hold NaN or infinity"),
    "branch": (
        [op("Gemm", "x w b", "h"), op("Relu", "h", "r"), op("Add", "h r", "y")],
        DENSE,
        (4,),
        "node 'add': Add takes 'h', 'r', .* branches",
    ),
    "shapes": ([op("Gemm", "x w b", "y")], DENSE, (5,), "takes \\(4,\\) values, got \\(5,\\)"),
    "channels": ([op("Conv", "x k", "y")], {"k": values(2, 3, 1, 1)}, (2, 4, 4), "takes 3 channels"),
    "kernel": ([op("Conv", "x k", "y")], {"k": values(2, 2, 5, 5)}, (2, 4, 4), "5x5 kernel does not fit"),
    "dilation": ([op("Conv", "x k", "y", dilations=[2, 2])], {"k": values(2, 2, 2, 2)}, (2, 4, 4), "dilation"),
    "1-d": ([op("Conv", "x k", "y")], {"k": values(2, 2, 2)}, (2, 4, 4), "only 2-d"),
    "free height": ([op("Conv", "x k", "y")], {"k": values(2, 2, 2, 2)}, (2, "h", 4), "size that is not fixed"),
    "rank": ([op("MatMul", "x w", "y")], DENSE, (4, 4), "has 3 axes"),
    "weight as input": ([op("MatMul", "x v", "y")], {}, (4,), "nothing makes the value 'v'"),
    "two writers": ([op("Relu", "x", "y"), op("Tanh", "x", "y")], {}, (4,), "which already has a value"),
    "no layers": ([op("Relu", "x", "y")], {}, (4,), "no dense layer"),
    "transA": ([op("Gemm", "x w b", "y", transA=1)], DENSE, (4,), "Gemm is supported as"),
    "pool overlap": (
        [op("AveragePool", "x", "y", kernel_shape=[3, 3], strides=[1, 1])],
        {},
        (1, 6, 6),
        "overlap",
    ),
    "pool padding": (
        [op("AveragePool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)],
        {},
        (1, 6, 6),
        "pooling with padding",
    ),
    "reshape": (
        [op("Reshape", "x s", "y")],
        {"s": np.int64([-1, 2, 3])},
        (1, 2, 3),
        "reshape to \\[-1, 2, 3\\]; only \\(batch, 6\\)",
    ),
    "mean": ([op("ReduceMean", "x", "y", axes=[1])], {}, (1, 2, 3), "over height and width"),
    "bias": (
        [op("MatMul", "x w", "h"), op("Add", "h b", "y")],
        {"w": values(4, 3), "b": values(2, 3)},
        (4,),
        "no bias",
    ),
    "integers": ([op("MatMul", "x w", "y")], {"w": np.array([["a"]], dtype=object)}, (1,), "damaged|type"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_graphs_give_one_line(name: str, tmp_path: Path) -> None:
    nodes, weights, shape, text = BAD[name]
    with pytest.raises(ModelError, match=text) as caught:
        read(made(nodes, weights, shape), tmp_path)
    assert "\n" not in str(caught.value)
    assert "net.onnx" in str(caught.value)


def refused(model: onnx.ModelProto, folder: Path, text: str) -> None:
    with pytest.raises(ModelError, match=text) as caught:
        read(model, folder)
    assert "\n" not in str(caught.value)


def test_names_from_a_file_cannot_break_the_line(tmp_path: Path) -> None:
    model = made([op("Relu\n\x1b[2J", "x", "y", name="a\nb" + 5000 * "c")], {}, (4,))
    with pytest.raises(ModelError) as caught:
        read(model, tmp_path)
    text = str(caught.value)
    assert text.isprintable() and len(text) <= 1000


def test_versions(tmp_path: Path) -> None:
    nodes = [op("Gemm", "x w b", "y")]
    refused(made(nodes, DENSE, (4,), NEWEST_OPSET + 1), tmp_path, "opset 26 is newer .* opset_version=18")
    refused(made(nodes, DENSE, (4,), OLDEST_OPSET - 1), tmp_path, "opset 6 is older")
    refused(made(nodes, DENSE, (4,), ir=onnx.IR_VERSION + 1), tmp_path, "format version .* is newer")


def test_two_inputs_and_two_outputs(tmp_path: Path) -> None:
    second = helper.make_tensor_value_info("v", TensorProto.FLOAT, ["n", 4])
    refused(made([op("Gemm", "x w b", "y")], DENSE, (4,), inputs=[second]), tmp_path, "2 inputs and 1 outputs")
    refused(made([op("Gemm", "x w b", "y")], DENSE, (4,), outputs=[second]), tmp_path, "1 inputs and 2 outputs")


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    model = made([op("Gemm", "x w b", "y")], DENSE, (4,))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")
    refused(model, tmp_path, "weights 'w' lie in another file")


def test_lying_sizes_are_refused(tmp_path: Path) -> None:
    model = made([op("Gemm", "x w b", "y")], DENSE, (4,))
    model.graph.initializer[0].dims[:] = [4, 4]
    refused(model, tmp_path, "weights 'w' are damaged")
    model.graph.initializer[0].dims[:] = [1 << 40, 1 << 20]
    refused(model, tmp_path, "at most 50000000 are read")
    model.graph.initializer[0].dims[:] = [-4, -3]
    refused(model, tmp_path, "at most 50000000 are read")


def test_large_files_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with open(path, "wb") as file:
        file.truncate(500_000_000)  # sparse: takes no room
    with pytest.raises(ModelError, match="476 MB; at most 381 MB are read"):
        read_onnx(path)


def test_too_many_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "MOST_NODES", 1)
    refused(made([op("Gemm", "x w b", "y")], DENSE, (4,)), tmp_path, "more than 1 nodes")


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        read_onnx(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="is a folder"):
        read_onnx(tmp_path)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    whole = made([op("Gemm", "x w b", "h"), op("Relu", "h", "y")], DENSE, (4,)).SerializeToString()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError) as caught:
            read_onnx(path)
        assert "\n" not in str(caught.value)


def test_damage_is_refused_or_harmless(tmp_path: Path) -> None:
    path, rng = tmp_path / "damaged.onnx", np.random.default_rng(4)
    whole = made(
        [op("Conv", "x k", "h", pads=[1, 1, 1, 1]), op("Relu", "h", "y")], {"k": values(2, 1, 3, 3)}, (1, 4, 4)
    )
    data = np.frombuffer(whole.SerializeToString(), np.uint8)
    outcomes = set()
    for _ in range(600):
        hurt = data.copy()
        hurt[rng.integers(len(hurt), size=rng.integers(1, 4))] = rng.integers(256)
        path.write_bytes(hurt.tobytes())
        try:
            read_onnx(path)
            outcomes.add("read")
        except ModelError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


@pytest.mark.parametrize("free_batch", [True, False])
def test_what_pytorch_exports_computes_the_same_after_import(free_batch: bool, tmp_path: Path) -> None:
    """Shown-by 3."""
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(5)
    module = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU6(),
        nn.Conv2d(4, 4, (3, 5), stride=(1, 2), padding=(1, 2), groups=4),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 6, 1),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(6 * 4 * 3, 10),
        nn.Hardtanh(),
        nn.Linear(10, 3),
    )
    with torch.no_grad():
        for _ in range(3):
            module(torch.randn(8, 2, 8, 12))  # gives the batch norms statistics
    path = tmp_path / "torch.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        free: dict[str, Any] = {"dynamic_axes": {"input": {0: "batch"}}, "input_names": ["input"]} if free_batch else {}
        torch.onnx.export(module.eval(), torch.zeros(1, 2, 8, 12), str(path), dynamo=False, **free)
    network = read_onnx(path)
    images = RNG.normal(size=(7, 8, 12, 2)).astype(np.float32)
    with torch.no_grad():
        wanted = module(torch.tensor(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))).numpy()
    np.testing.assert_allclose(forward(network, images), wanted, rtol=1e-4, atol=1e-5)


def test_what_the_newer_exporter_wrote_computes_the_same(tmp_path: Path) -> None:
    """Shown-by 3; see fixtures/README.md."""
    path = tmp_path / "dynamo.onnx"
    path.write_bytes(gzip.decompress((FIXTURES / "dynamo.onnx.gz").read_bytes()))
    expected = np.load(FIXTURES / "dynamo.npz")
    found = forward(read_onnx(path), expected["images"].transpose(0, 2, 3, 1))
    np.testing.assert_allclose(found, expected["outputs"], rtol=1e-4, atol=1e-5)
