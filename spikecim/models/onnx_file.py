"""An ONNX file as an `AnnModel`: parsed as data, checked against limits, never executed (onnx.ai, opsets 7 to 25)."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ModelError
from spikecim.models.chain import SUPPORTED, Chain
from spikecim.models.extras import needs
from spikecim.models.limits import read_bytes
from spikecim.models.model import MOST_PARAMETERS, AnnModel
from spikecim.models.onnx_nodes import read_op
from spikecim.models.onnx_walk import Op, Walk
from spikecim.models.order import sorted_nodes

with needs("onnx", "reading an ONNX file"):
    import onnx
    from google.protobuf.message import DecodeError

OLDEST_OPSET, NEWEST_OPSET = 7, 25
MOST_NODES = 10_000


@np.errstate(over="ignore", invalid="ignore")  # the network checks that all is finite
def read_onnx(path: Path, *, name: str | None = None, replace_max_pool: bool = False) -> AnnModel:
    """Return the network in the ONNX file `path`.

    Parameters
    ----------
    path : Path
        One file of at most 400 MB; weights kept in other files are refused.
    name : str, optional
        The file's name without its ending if left out.
    replace_max_pool : bool
        Put average pools in place of max pools, with a `ModelWarning`; the outputs then differ.

    Raises
    ------
    ModelError
        If the file is damaged, too new, too large, cyclic, branched, or holds a node that is not supported.
    """
    source = str(path)
    try:
        proto = onnx.ModelProto.FromString(read_bytes(path))
    except DecodeError:
        raise ModelError(f"{source}: is not an ONNX file, or cut off") from None
    opset = _check_head(source, proto)
    graph = proto.graph
    constants = {tensor.name: _array(source, tensor) for tensor in graph.initializer}
    ops = _ops(source, graph.node)
    start, end = _ends(source, graph, constants)
    batch, shape = _input_shape(source, start)
    chain = Chain(source=source, shape=shape, replace_max_pool=replace_max_pool)
    walk = Walk(chain=chain, constants=constants, opset=opset, batch=batch, current=start.name)
    walk.shapes[start.name] = chain.channels_first
    for op in _needed(source, ops, end, {*constants, start.name}):
        read_op(walk, op)
    if walk.current != end:
        raise ModelError(f"{source}: output {end!r} is not what the layers end with ({walk.current!r})")
    return chain.model(name or path.stem, {"source": f"ONNX opset {opset}, made by {proto.producer_name or 'unknown'}"})


def _check_head(source: str, proto: Any) -> int:
    """The opset of the standard operators, if it and the format are ones that are known."""
    versions = [entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")]
    if not proto.HasField("graph") or not versions:
        raise ModelError(f"{source}: is not an ONNX model, or cut off (no graph or no opset)")
    opset = int(max(versions))
    if opset > NEWEST_OPSET or proto.ir_version > onnx.IR_VERSION:
        what = f"opset {opset}" if opset > NEWEST_OPSET else f"format version {proto.ir_version}"
        raise ModelError(
            f"{source}: {what} is newer than what is read here (opset {NEWEST_OPSET}, format version "
            f"{onnx.IR_VERSION}); export again with an older one, for example opset_version=18"
        )
    if opset < OLDEST_OPSET:
        raise ModelError(f"{source}: opset {opset} is older than {OLDEST_OPSET}; export again with opset_version=18")
    if len(proto.graph.node) + len(proto.graph.initializer) > 2 * MOST_NODES:
        raise ModelError(f"{source}: more than {MOST_NODES} nodes; no network of this size is read")
    if len(proto.graph.sparse_initializer):
        raise ModelError(f"{source}: sparse weights are not supported; store them densely")
    return opset


def _array(source: str, tensor: Any) -> NDArray[Any]:
    """Values of a tensor that lie in the file itself."""
    name = tensor.name or "a constant"
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise ModelError(f"{source}: weights {name!r} lie in another file; export with all weights in the .onnx file")
    if any(length < 0 for length in tensor.dims) or prod(tensor.dims) > MOST_PARAMETERS:
        raise ModelError(
            f"{source}: weights {name!r} of shape {tuple(tensor.dims)}; at most {MOST_PARAMETERS} are read"
        )
    try:
        return np.asarray(onnx.numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError, NotImplementedError) as error:
        raise ModelError(f"{source}: weights {name!r} are damaged ({' '.join(str(error).split())[:120]})") from None


def _ops(source: str, nodes: Iterable[Any]) -> dict[str, Op]:
    """The nodes under names of their own."""
    found: dict[str, Op] = {}
    for number, node in enumerate(nodes):
        label = node.name or f"{node.op_type}_{number}"
        label = label if label not in found else f"{label}#{number}"
        kind = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
        values = {entry.name: _attribute(source, entry) for entry in node.attribute}
        found[label] = Op(label=label, kind=kind, inputs=tuple(node.input), outputs=tuple(node.output), values=values)
    return found


def _attribute(source: str, entry: Any) -> Any:
    """A number, a text, a list of them or an array; None for graphs and what else there is."""
    kinds = onnx.AttributeProto
    if entry.type == kinds.TENSOR:
        return _array(source, entry.t)
    if entry.type == kinds.STRING:
        return entry.s.decode("utf-8", "replace")
    if entry.type in (kinds.FLOAT, kinds.INT):
        return entry.f if entry.type == kinds.FLOAT else entry.i
    if entry.type in (kinds.FLOATS, kinds.INTS):
        return tuple(entry.floats if entry.type == kinds.FLOATS else entry.ints)
    return None


def _ends(source: str, graph: Any, constants: dict[str, Any]) -> tuple[Any, str]:
    """The one input that is no weight, and the name of the one output."""
    inputs = [entry for entry in graph.input if entry.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise ModelError(
            f"{source}: {len(inputs)} inputs and {len(graph.output)} outputs; networks with one of each are supported"
        )
    return inputs[0], graph.output[0].name


def _input_shape(source: str, entry: Any) -> tuple[int | None, tuple[int, ...]]:
    """Batch, None for any, and shape of one sample, channels last."""
    kind = entry.type.tensor_type
    if kind.elem_type not in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16):
        raise ModelError(f"{source}: input {entry.name!r} is not of real numbers; float32 is supported")
    lengths = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in kind.shape.dim]
    if len(lengths) not in (2, 4):
        raise ModelError(
            f"{source}: input {entry.name!r} has {len(lengths)} axes; supported: (batch, channels, height, width) and "
            "(batch, n_in)"
        )
    if min(lengths[1:]) < 1 or prod(lengths[1:]) > MOST_PARAMETERS:
        raise ModelError(
            f"{source}: input {entry.name!r} has a size that is not fixed; export with fixed sizes (the batch may vary)"
        )
    shape = (lengths[1],) if len(lengths) == 2 else (lengths[2], lengths[3], lengths[1])
    return lengths[0] or None, shape


def _needed(source: str, ops: dict[str, Op], end: str, given: set[str]) -> list[Op]:
    """The nodes that the output `end` needs, in an order in which they can run."""
    makers: dict[str, Op] = {}
    for op in ops.values():
        for output in filter(None, op.outputs):
            if output in makers or output in given:
                raise ModelError(f"{source}: node {op.label!r} writes {output!r}, which already has a value")
            makers[output] = op
    needs_of: dict[str, set[str]] = {}
    waiting = [end]
    while waiting:
        value = waiting.pop()
        if value in given:
            continue
        if value not in makers:
            raise ModelError(f"{source}: nothing makes the value {value!r}; the file is damaged ({SUPPORTED})")
        op = makers[value]
        if op.label not in needs_of:
            wanted = [name for name in op.inputs if name]
            needs_of[op.label] = {makers[name].label for name in wanted if name in makers}
            waiting += wanted
    return [ops[label] for label in sorted_nodes(source, needs_of)]
