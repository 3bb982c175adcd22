"""NIR files: the spikes and outputs of the tools that wrote them, and one line for what is damaged or not supported."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from spikecim.errors import ModelError
from spikecim.models import Activation, AnnModel, AveragePool, Convolution, Dense, Flatten
from spikecim.models.forward import forward
from spikecim.models.nir_file import read_nir, read_nir_spiking
from spikecim.models.nir_spiking import RULES, IfNeuron, NirSpiking

FIXTURES = Path(__file__).parent / "fixtures"
RNG = np.random.default_rng(6)
Nodes = dict[str, dict[str, Any]]


def unpacked(name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(gzip.decompress((FIXTURES / f"{name}.gz").read_bytes()))
    return path


def last(values: Any) -> Any:
    """Channels last, for the two or three axes behind the others."""
    return np.moveaxis(values, -3, -1)


@pytest.mark.parametrize(
    ("name", "dt", "rule"),
    [("norse_dense", 1.0, "norse"), ("norse_conv", 1.0, "norse"), ("spikingjelly", 1e-4, "spikingjelly")],
)
def test_spike_counts_are_those_of_the_source(name: str, dt: float, rule: str, tmp_path: Path) -> None:
    """Shown-by 3."""
    network = read_nir_spiking(unpacked(f"{name}.nir", tmp_path), dt=dt)
    expected = np.load(FIXTURES / f"{name}.npz")
    trains = expected["trains"].astype(np.float32)
    found = network.spike_counts(trains if trains.ndim == 3 else last(trains), RULES[rule])
    assert len(found) == 2
    for number, counts in enumerate(found):
        wanted = expected[f"counts{number}"]
        np.testing.assert_array_equal(counts, wanted if wanted.ndim == 2 else last(wanted))
        assert len(np.unique(counts)) > 5  # the test has something to tell apart


def test_another_rule_gives_other_counts(tmp_path: Path) -> None:
    network = read_nir_spiking(unpacked("norse_dense.nir", tmp_path))
    trains = np.load(FIXTURES / "norse_dense.npz")["trains"].astype(np.float32)
    hard, soft = network.spike_counts(trains), network.spike_counts(trains, RULES["snntorch"])
    assert (hard[0] != soft[0]).any()


def test_outputs_are_those_of_the_source(tmp_path: Path) -> None:
    model = read_nir(unpacked("snntorch.nir", tmp_path))
    expected = np.load(FIXTURES / "snntorch.npz")
    np.testing.assert_allclose(forward(model, last(expected["images"])), expected["outputs"], rtol=1e-5, atol=1e-5)


def test_leaky_neurons_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"LIF is not supported: a leaky neuron .* supported: Input"):
        read_nir(unpacked("leaky.nir", tmp_path))


class TestLive:
    """Against the tools themselves, where they are installed."""

    def test_norse_neuron(self) -> None:
        pytest.importorskip("norse")
        torch = pytest.importorskip("torch")
        from norse.torch.functional.iaf import IAFFeedForwardState, IAFParameters, iaf_feed_forward_step

        trains = RNG.normal(0.3, 1.0, (50, 8, 5)).astype(np.float32)
        state, counts = IAFFeedForwardState(v=torch.zeros(8, 5)), 0
        for tick in torch.tensor(trains):
            spikes, state = iaf_feed_forward_step(tick, state, IAFParameters(v_th=torch.full((5,), 1.5)))
            counts = counts + spikes.numpy()
        np.testing.assert_array_equal(neurons_only(1.5).spike_counts(trains, RULES["norse"])[0], counts)

    def test_snntorch_neuron(self) -> None:
        snntorch = pytest.importorskip("snntorch")
        torch = pytest.importorskip("torch")
        trains = RNG.normal(0.3, 1.0, (50, 8, 5)).astype(np.float32)
        cell, counts = snntorch.Leaky(beta=1.0, threshold=1.5, reset_mechanism="subtract"), 0
        state = torch.zeros(8, 5)
        for tick in torch.tensor(trains):
            spikes, state = cell(tick, state)
            counts = counts + spikes.detach().numpy()
        np.testing.assert_array_equal(neurons_only(1.5).spike_counts(trains, RULES["snntorch"])[0], counts)


def neurons_only(threshold: float) -> NirSpiking:
    ones = np.ones(5, np.float32)
    layer = IfNeuron(gain=ones, threshold=ones * np.float32(threshold), reset=ones * 0)
    return NirSpiking(name="neurons", input_shape=(5,), layers=(layer,))


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        # v: 1.0 is not above 1; 2.0 fires and resets to 0; 1.0; 2.0 fires ...
        ("nir", 3),
        # >= : fires at every input of 1
        ("spikingjelly", 6),
        # v goes 1, 2 (fires), 3 - 1 = 2 (fires), 2, 2, 2: from the second on at every tick
        ("snntorch", 5),
    ],
)
def test_rules_by_hand(rule: str, counts: int) -> None:
    trains = np.ones((6, 1, 5), np.float32)
    np.testing.assert_array_equal(neurons_only(1.0).spike_counts(trains, RULES[rule])[0], np.full((1, 5), counts))


# Graphs written by hand, as the format says, so that no other package is needed.


def write(path: Path, nodes: Nodes, edges: list[tuple[str, str]], version: str = "1.0.8") -> Path:
    with h5py.File(path, "w") as file:
        file["version"] = version
        graph = file.create_group("node")
        graph["type"] = "NIRGraph"
        graph["edges"] = np.array(edges, dtype=h5py.string_dtype()).reshape(-1, 2)
        for name, node in nodes.items():
            group = graph.create_group(f"nodes/{name}")
            for key, value in node.items():
                group[key] = value
    return path


def in_line(path: Path, *nodes: tuple[str, dict[str, Any]]) -> Path:
    names = [name for name, _ in nodes]
    return write(path, dict(nodes), list(pairwise(names)))


def given(*shape: int) -> tuple[str, dict[str, Any]]:
    return "input", {"type": "Input", "shape": np.array(shape)}


def result(*shape: int) -> tuple[str, dict[str, Any]]:
    return "output", {"type": "Output", "shape": np.array(shape)}


def values(*shape: int) -> Any:
    return RNG.normal(size=shape).astype(np.float32)


def affine(n_in: int, n_out: int) -> dict[str, Any]:
    return {"type": "Affine", "weight": values(n_out, n_in), "bias": values(n_out)}


def neurons(*shape: int, threshold: float = 2.0) -> dict[str, Any]:
    full = np.full(shape, threshold, np.float32)
    return {"type": "IF", "r": full * 0 + 1, "v_threshold": full, "v_reset": full * 0}


def convolution(c_in: int, c_out: int, **more: Any) -> dict[str, Any]:
    plain = {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1}
    return {"type": "Conv2d", "weight": values(c_out, c_in, 3, 2), "bias": values(c_out), **plain, **more}


def pool(kind: str, size: int, stride: int | None = None, padding: int = 0) -> dict[str, Any]:
    return {"type": kind, "kernel_size": [size, size], "stride": [stride or size] * 2, "padding": [padding] * 2}


FLATTEN = {"type": "Flatten", "start_dim": 0, "end_dim": -1}


def test_threshold_and_gain_are_folded(tmp_path: Path) -> None:
    first, second = affine(4, 3), neurons(3)
    second["v_threshold"], second["r"] = np.float32([1.0, 2.0, 4.0]), np.float32([1.0, 3.0, 1.0])
    model = read_nir(in_line(tmp_path / "a.nir", given(4), ("a", first), ("n", second), result(3)))
    scale = np.float32([1.0, 1.5, 0.25])
    dense, relu = model.layers
    assert isinstance(dense, Dense) and relu == Activation(kind="relu", name="n")
    np.testing.assert_allclose(dense.weights, first["weight"].T * scale, rtol=1e-6)
    np.testing.assert_allclose(dense.bias, first["bias"] * scale, rtol=1e-6)


def test_rates_approach_the_ann(tmp_path: Path) -> None:
    """A soft reset loses at most the potential that is left: |count - n_ticks * relu| <= 1 + what a start takes."""
    weight = np.abs(values(3, 4)) / 20
    nodes = [given(4), ("a", {"type": "Linear", "weight": weight}), ("n", neurons(3)), result(3)]
    path = in_line(tmp_path / "a.nir", *nodes)
    images = RNG.random((6, 4)).astype(np.float32)
    n_ticks = 400
    counts = read_nir_spiking(path).spike_counts(np.repeat(images[None], n_ticks, 0), RULES["snntorch"])[0]
    assert np.abs(counts - n_ticks * forward(read_nir(path), images)).max() <= 1.01


def test_nodes_with_python_words_for_names_and_without_bias(tmp_path: Path) -> None:
    linear = {"type": "Linear", "weight": values(3, 4)}
    model = read_nir(in_line(tmp_path / "a.nir", given(4), ("class", linear), ("if", neurons(3)), result(3)))
    assert [layer.name for layer in model.layers] == ["class", "if"]
    assert (model.layers[0].bias == 0).all()


def test_sum_pool_is_an_average_pool_times_its_window(tmp_path: Path) -> None:
    dense = affine(2 * 2 * 3, 4)
    for kind, factor in (("SumPool2d", 4.0), ("AvgPool2d", 1.0)):
        nodes = [given(2, 4, 6), ("p", pool(kind, 2)), ("f", FLATTEN), ("a", dense), result(4)]
        model = read_nir(in_line(tmp_path / "a.nir", *nodes))
        assert [type(layer) for layer in model.layers] == [AveragePool, Flatten, Dense]
        images = values(3, 4, 6, 2)
        sums = images.transpose(0, 3, 1, 2).reshape(3, 2, 2, 2, 3, 2).sum((3, 5)).reshape(3, -1)
        wanted = sums * (factor / 4) @ dense["weight"].T + dense["bias"]
        np.testing.assert_allclose(forward(model, images), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("more", [{}, {"stride": 2, "padding": [1, 2]}, {"padding": "same"}, {"padding": "valid"}])
def test_convolutions(more: dict[str, Any], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    node = convolution(2, 4, groups=2, **more)
    node["weight"] = node["weight"][:, :1]
    path = in_line(tmp_path / "a.nir", given(2, 7, 8), ("c", node), ("output", {"type": "Output"}))
    model, images = read_nir(path), values(3, 7, 8, 2)
    options = {key: more.get(key, 1 if key == "stride" else 0) for key in ("stride", "padding")}
    seen, weight, bias = (torch.tensor(array) for array in (images.transpose(0, 3, 1, 2), node["weight"], node["bias"]))
    wanted = torch.nn.functional.conv2d(seen, weight, bias, groups=2, **options).numpy().transpose(0, 2, 3, 1)
    np.testing.assert_allclose(forward(model, images), wanted.reshape(3, -1), rtol=1e-4, atol=1e-4)


def test_a_batch_left_in_the_input_is_dropped(tmp_path: Path) -> None:
    assert read_nir(in_line(tmp_path / "a.nir", given(1, 4), ("a", affine(4, 3)), result(1, 3))).input_shape == (4,)


IN, OUT, DENSE = given(4), result(3), ("a", affine(4, 3))
BAD: dict[str, tuple[list[Any], str]] = {
    "unknown": (
        [IN, ("s", {"type": "Scale", "scale": [1.0]}), OUT],
        "node 's': Scale is not supported: unknown here; sup",
    ),
    "cuba": ([IN, DENSE, ("n", {"type": "CubaLIF"}), OUT], "node 'n': CubaLIF is not supported: a leaky"),
    "subgraph": ([IN, ("g", {"type": "NIRGraph"}), OUT], "a graph in the graph"),
    "1-d": ([IN, ("c", {"type": "Conv1d"}), OUT], "a 1-d convolution"),
    "shapes": ([given(5), DENSE, OUT], "layer a: takes \\(4,\\) values, got \\(5,\\)"),
    "output": ([IN, DENSE, result(7)], "output of shape \\(7,\\) is announced, the layers give \\(3,\\)"),
    "nan": ([IN, ("a", {**affine(4, 3), "bias": np.full(3, np.nan)}), OUT], "node 'a': parameters hold NaN"),
    "threshold": ([IN, DENSE, ("n", neurons(3, threshold=0.0)), OUT], "node 'n': r and v_threshold must be above 0"),
    "infinite": ([IN, DENSE, ("n", {**neurons(3), "v_threshold": [np.inf] * 3}), OUT], "or not finite"),
    "neurons": ([IN, DENSE, ("n", neurons(2)), OUT], "IF parameters of shape \\(2,\\) for values of shape \\(3,\\)"),
    "parameter": ([IN, ("a", {"type": "Affine", "bias": values(3)}), OUT], "without the parameter 'weight'"),
    "no layers": ([IN, ("n", neurons(4)), OUT], "no dense layer"),
    "overlap": ([given(1, 6, 6), ("p", pool("AvgPool2d", 3, 1)), OUT], "node 'p': .* overlap"),
    "pool padding": ([given(1, 6, 6), ("p", pool("SumPool2d", 2, padding=1)), OUT], "pooling with padding"),
    "partly flat": ([given(2, 3, 4), ("f", {**FLATTEN, "start_dim": 2}), OUT], "flatten of axes 2..-1 of 3"),
    "sum last": ([given(2, 3, 4), ("p", pool("SumPool2d", 2)), ("output", {"type": "Output"})], "ends in a sum pool"),
    "sum fires": ([given(2, 3, 4), ("p", pool("SumPool2d", 2)), ("n", neurons(2, 1, 2)), OUT], "a sum pool must be"),
    "text": ([IN, DENSE, ("n", {**neurons(3), "r": "one"}), OUT], "node 'n': IF with parameters that are none"),
    "text weight": ([IN, ("a", {**affine(4, 3), "weight": "w"}), OUT], "node 'a': parameters of shape"),
    "text shape": ([("input", {"type": "Input", "shape": "big"}), DENSE, OUT], "shape of the input is 'big'"),
    "endless": ([IN, ("c", {**convolution(1, 1), "stride": np.inf}), OUT], "node 'c': Conv2d with parameters"),
    "huge input": ([given(1, 10**6, 10**6), DENSE, OUT], "at most 50000000 per layer"),
    "huge padding": (
        [given(1, 3, 3), ("c", convolution(1, 1, padding=[10**6] * 2)), OUT],
        "at most 50000000 per layer",
    ),
    "rank": ([given(2, 3, 4, 5), DENSE, OUT], "input of shape \\(2, 3, 4, 5\\)"),
    "size": (
        [given(2, 3, 4), ("c", convolution(2, 2, input_shape=[9, 9])), OUT],
        "made for values of shape \\(9, 9\\)",
    ),
    "half stride": ([given(2, 3, 4), ("c", convolution(2, 2, stride=0.5)), OUT], "one or two whole numbers"),
    "dilation": ([given(2, 9, 9), ("c", convolution(2, 2, dilation=[2, 2])), OUT], "dilation"),
    "no type": ([IN, ("a", {"weight": values(3, 4)}), OUT], "node 'a' has no type"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_graphs_give_one_line(name: str, tmp_path: Path) -> None:
    nodes, text = BAD[name]
    with pytest.raises(ModelError, match=text) as caught:
        read_nir(in_line(tmp_path / "net.nir", *nodes))
    assert "\n" not in str(caught.value) and "net.nir" in str(caught.value)


SOUND: Nodes = dict([IN, DENSE, ("n", neurons(3)), OUT])
EDGES = [("input", "a"), ("a", "n"), ("n", "output")]
WRONG: dict[str, tuple[list[tuple[str, str]], str]] = {
    "cycle": ([("input", "a"), ("a", "n"), ("n", "a")], "node 'a' is fed by 'input' and 'n'; joins and recurrence"),
    "ring": ([("input", "output"), ("a", "n"), ("n", "a")], "the nodes form a cycle \\('.*'\\)"),
    "unknown": ([*EDGES[:-1], ("n", "nowhere")], "an edge names the node 'nowhere', which does not exist"),
    "branch": ([*EDGES, ("a", "output")], "node 'a' leads to 'n' and 'output'; branches"),
    "doubled": ([*EDGES, EDGES[0]], "node 'input' leads twice"),
    "missing": (EDGES[:-1], "no edges lead from 'input' to 'output'|not on the line"),
    "none": ([], "not on the line|no edges lead"),
    "skips a node": ([("input", "a"), ("a", "output")], "node 'n' is not on the line"),
    "itself": ([*EDGES[:-1], ("n", "n")], "fed by|cycle"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_edges_give_one_line(name: str, tmp_path: Path) -> None:
    edges, text = WRONG[name]
    with pytest.raises(ModelError, match=text) as caught:
        read_nir(write(tmp_path / "net.nir", SOUND, edges))
    assert "\n" not in str(caught.value)


def test_several_inputs(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nir", {**SOUND, "second": IN[1]}, EDGES)
    with pytest.raises(ModelError, match="2 nodes of type Input"):
        read_nir(path)


def test_versions(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"NIR 2\.0 is newer"):
        read_nir(write(tmp_path / "a.nir", SOUND, EDGES, version="2.0"))


def test_unequal_neurons_of_one_channel_have_no_ann(tmp_path: Path) -> None:
    cells = neurons(2, 2, 4)
    cells["v_threshold"][0, 0, 0] = 3.0
    path = in_line(
        tmp_path / "a.nir", given(2, 4, 5), ("c", convolution(2, 2)), ("n", cells), ("output", {"type": "Output"})
    )
    assert len(read_nir_spiking(path).spike_counts(values(3, 2, 4, 5, 2))) == 1
    with pytest.raises(ModelError, match="'n' of one channel have different thresholds"):
        read_nir(path)


def test_other_reset_values_have_no_ann(tmp_path: Path) -> None:
    cells = neurons(3)
    cells["v_reset"] = np.full(3, -1.0)
    path = in_line(tmp_path / "a.nir", IN, DENSE, ("n", cells), OUT)
    with pytest.raises(ModelError, match="reset to other values than 0"):
        read_nir(path)


class TestHostileFiles:
    """Links, foreign storage, bombs: nothing outside the file is touched, and nothing large is unpacked."""

    def refused(self, path: Path, text: str) -> None:
        with pytest.raises(ModelError, match=text) as caught:
            read_nir(path)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "/x"), h5py.SoftLink("/node/type")])
    def test_links(self, link: Any, tmp_path: Path) -> None:
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        with h5py.File(path, "a") as file:
            file["node/nodes/a/extra"] = link
        self.refused(path, "/node/nodes/a/extra is a link")

    def test_a_group_in_itself(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        with h5py.File(path, "a") as file:
            file["node/again"] = file["node"]
        self.refused(path, "deeper than 8 groups|more than")

    def test_external_storage(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(bytes(64))
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        with h5py.File(path, "a") as file:
            file["node"].create_dataset("stolen", (16,), "f4", external=[(str(secret), 0, 64)])
        self.refused(path, "/node/stolen lies in another file")

    def test_a_bomb(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        with h5py.File(path, "a") as file:
            file["node"].create_dataset("bomb", (1 << 40,), "f4", chunks=(1 << 20,), compression="gzip")
        assert path.stat().st_size < 1_000_000
        self.refused(path, "/node/bomb of shape .* is too large")

    def test_numbers_that_nobody_stored(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        with h5py.File(path, "a") as file:
            file["node"].create_dataset("empty", (1_000_000,), "f4")
        self.refused(path, "/node/empty of shape .* was not stored")

    def test_a_text_heap_without_end(self, tmp_path: Path) -> None:
        """The HDF5 library would walk for ever over an object of length 0."""
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        data = bytearray(path.read_bytes())
        start = data.find(b"GCOL")
        assert start > 0
        data[start + 16 : start + 18], data[start + 24 : start + 32] = bytes(2), bytes(8)
        path.write_bytes(bytes(data))
        self.refused(path, "texts that reach out of their place")

    def test_many_texts_and_long_ones(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        with h5py.File(path, "a") as file:
            file["node/long"] = "x" * 20_000
        self.refused(path, "is a text of 20000 characters")
        with h5py.File(path, "a") as file:
            del file["node/long"]
            file["node"].create_dataset("many", (100_000,), h5py.string_dtype(), chunks=True)
        self.refused(path, "/node/many holds 100000 texts")

    def test_references(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.nir", SOUND, EDGES)
        with h5py.File(path, "a") as file:
            file["node/reference"] = file["node"].ref
        self.refused(path, "/node/reference is of type object")

    def test_large_files(self, tmp_path: Path) -> None:
        path = tmp_path / "large.nir"
        with open(path, "wb") as file:
            file.truncate(500_000_000)
        self.refused(path, "476 MB; at most 381 MB")

    def test_other_hdf5_and_other_files(self, tmp_path: Path) -> None:
        path = tmp_path / "a.nir"
        with h5py.File(path, "w") as file:
            file["x"] = 1
        self.refused(path, "is not a NIR file")
        path.write_text("hello")
        self.refused(path, "is not a NIR file, or damaged")
        self.refused(tmp_path / "none.nir", "no such file")

    def test_every_truncation(self, tmp_path: Path) -> None:
        whole = write(tmp_path / "a.nir", SOUND, EDGES).read_bytes()
        path = tmp_path / "cut.nir"
        for length in range(0, len(whole), 97):
            path.write_bytes(whole[:length])
            self.refused(path, "is not a NIR file, or damaged")

    def test_damage_is_refused_or_harmless(self, tmp_path: Path) -> None:
        data = np.frombuffer(write(tmp_path / "a.nir", SOUND, EDGES).read_bytes(), np.uint8)
        path, rng, outcomes = tmp_path / "damaged.nir", np.random.default_rng(7), set()
        for _ in range(150):
            hurt = data.copy()
            hurt[rng.integers(len(hurt), size=rng.integers(1, 8))] = rng.integers(256)
            path.write_bytes(hurt.tobytes())
            try:
                read_nir(path)
                outcomes.add("read")
            except ModelError:
                outcomes.add("refused")
        assert outcomes == {"read", "refused"}


class TestExport:
    """What is written comes back, and the list says what is lost."""

    @pytest.fixture
    def nir(self) -> Any:
        return pytest.importorskip("nir")

    @pytest.fixture
    def write_nir(self, nir: Any) -> Any:
        from spikecim.models.nir_export import write_nir

        return write_nir

    def network(self, kind: str) -> AnnModel:
        activation = Activation(kind=kind, ceiling=2.5)
        return AnnModel(
            name="net",
            input_shape=(6, 8, 2),
            layers=(
                Convolution(
                    weights=values(3, 2, 1, 4),
                    bias=values(4),
                    padding=((0, 2), (1, 0)),
                    groups=2,
                    stride=(1, 2),
                    name="c",
                ),
                activation,
                AveragePool(size=(3, 2)),
                Flatten(),
                Dense(weights=values(2 * 2 * 4, 5), bias=values(5)),
                activation,
                Dense(weights=values(5, 3), bias=values(3)),
            ),
        )

    def test_relu_networks_come_back(self, write_nir: Any, tmp_path: Path) -> None:
        model, path = self.network("relu"), tmp_path / "out.nir"
        lost = write_nir(model, path, lost=["refractory period of 2 ticks"])
        images = values(5, 6, 8, 2)
        np.testing.assert_allclose(forward(read_nir(path), images), forward(model, images), rtol=1e-4, atol=1e-4)
        assert any("ReLU, written as IF with threshold 1" in line for line in lost)
        assert any("soft reset" in line for line in lost) and lost[-1] == "refractory period of 2 ticks"
        assert any("type_check=False" in line for line in lost)

    def test_a_clip_becomes_the_threshold(self, write_nir: Any, tmp_path: Path) -> None:
        model, path = self.network("clipped-relu"), tmp_path / "out.nir"
        lost = write_nir(model, path)
        relu = self.network("relu")
        relu = AnnModel(
            name="net",
            input_shape=relu.input_shape,
            layers=tuple(
                new if isinstance(new, Activation) else old for old, new in zip(model.layers, relu.layers, strict=True)
            ),
        )
        images = values(5, 6, 8, 2)
        np.testing.assert_allclose(forward(read_nir(path), images), forward(relu, images), rtol=1e-4, atol=1e-4)
        assert any("clipped at 2.5" in line for line in lost)

    def test_two_sided_activations_are_in_the_list(self, write_nir: Any, tmp_path: Path) -> None:
        model = AnnModel(
            name="p",
            input_shape=(4,),
            layers=(Dense(weights=values(4, 2), bias=values(2)), Activation(kind="tanh", slope=0.5)),
        )
        lost = write_nir(model, tmp_path / "out.nir")
        assert any("second, negative threshold" in line for line in lost)
        network = read_nir_spiking(tmp_path / "out.nir")
        assert isinstance(network.layers[1], IfNeuron) and (network.layers[1].threshold == 2.0).all()

    def test_the_nir_package_reads_it(self, nir: Any, write_nir: Any, tmp_path: Path) -> None:
        square = Convolution(weights=values(3, 3, 2, 4), bias=values(4), padding=((1, 1), (1, 1)))
        layers = (square, Activation(kind="relu"), Flatten(), Dense(weights=values(48 * 4, 3), bias=values(3)))
        model = AnnModel(name="net", input_shape=(6, 8, 2), layers=layers)
        lost = write_nir(model, tmp_path / "out.nir")
        graph = nir.read(tmp_path / "out.nir")  # checks all shapes
        assert not any("type_check" in line for line in lost)
        assert [type(node).__name__ for node in graph.nodes.values()].count("IF") == 1
        assert not any(name in ("if", "class", "lambda") for name in graph.nodes)
        assert "soft reset" in graph.metadata["spikecim"]

    @pytest.mark.parametrize("name", ["norse_dense", "norse_conv"])
    def test_spiking_networks_come_back(self, name: str, write_nir: Any, tmp_path: Path) -> None:
        network = read_nir_spiking(unpacked(f"{name}.nir", tmp_path))
        write_nir(network, tmp_path / "again.nir")
        trains = (RNG.random((20, 3, *network.input_shape)) < 0.4).astype(np.float32)
        again = read_nir_spiking(tmp_path / "again.nir")
        for one, other in zip(network.spike_counts(trains), again.spike_counts(trains), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_neurons_behind_a_flatten_keep_their_order(self, write_nir: Any, tmp_path: Path) -> None:
        full = np.arange(1, 13, dtype=np.float32)
        layers = (
            Convolution(weights=values(1, 1, 2, 2), bias=values(2)),
            Flatten(),
            IfNeuron(gain=full * 0 + 1, threshold=full, reset=full * 0),
            Dense(weights=values(12, 2), bias=values(2)),
        )
        network = NirSpiking(name="n", input_shape=(2, 3, 2), layers=layers)
        write_nir(network, tmp_path / "out.nir")
        again = read_nir_spiking(tmp_path / "out.nir")
        np.testing.assert_array_equal(again.layers[2].threshold, full)

    def test_nothing_half_written(self, write_nir: Any, tmp_path: Path) -> None:
        from spikecim.errors import OutputError

        with pytest.raises(OutputError):
            write_nir(self.network("relu"), tmp_path / "none" / "out.nir")
        assert list(tmp_path.iterdir()) == []
