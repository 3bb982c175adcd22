"""A PyTorch module as an `AnnModel`: torch.fx traces it, so functional calls in `forward` are understood too."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from spikecim.errors import ModelError
from spikecim.models.chain import Chain
from spikecim.models.extras import needs
from spikecim.models.forward import forward
from spikecim.models.layers import Activation, Shape
from spikecim.models.model import MOST_PARAMETERS, AnnModel

with needs("torch", "reading a PyTorch module"):
    import torch
    from torch import fx, nn

    from spikecim.models.torch_calls import CALLS, Reader
    from spikecim.models.torch_layers import read_layer

# Float32 sums in another order differ by this share of the largest output, at most.
_TOLERANCE = 1e-3
_CHECKED = 2
Made = Mapping[type, Callable[[Any], Activation]]


def from_torch(
    module: nn.Module,
    input_shape: Shape,
    *,
    name: str | None = None,
    replace_max_pool: bool = False,
    activations: Made | None = None,
) -> AnnModel:
    """Return the network that `module` is in evaluation mode.

    Modules and functional calls are read in the order in which `forward` runs them. At the end both networks run on
    random images and must agree.

    Parameters
    ----------
    module : torch.nn.Module
        Left as it is.
    input_shape : tuple of int
        Of one image as spikecim has it: (height, width, channels), or (n_in,). PyTorch sees channels first.
    name : str, optional
        The class's name if left out.
    replace_max_pool : bool
        Put average pools in place of max pools, with a `ModelWarning`; the outputs then differ.
    activations : mapping of type to function, optional
        Activation modules of one's own: a function from the module to the `Activation` it is.

    Raises
    ------
    ModelError
        If a node is not supported, branches, or does not fit; the message names it.
    """
    title = name or type(module).__name__
    source = f"module {title}"
    chain = Chain(source=source, shape=tuple(input_shape), replace_max_pool=replace_max_pool)
    with _evaluating(module):
        graph = _trace(module, source, activations or {})
        _read(Reader(chain=chain, module=module, shapes={}), graph, activations or {})
        model = chain.model(title, {"source": f"PyTorch {torch.__version__} module {type(module).__name__}"})
        if not chain.replaced:
            _compare(module, model, source)
    return model


def from_torch_file(path: Path, module: nn.Module, input_shape: Shape, **options: Any) -> AnnModel:
    """Fill `module` from the state dict in `path` and return its network; nothing in the file is executed.

    Parameters
    ----------
    path : Path
        Written by ``torch.save(module.state_dict(), path)``; read with ``weights_only=True``.
    module : torch.nn.Module
        Of the matching architecture; its parameters are overwritten.
    input_shape, options
        As in `from_torch`.

    Raises
    ------
    ModelError
        If the file is missing, too large, damaged, holds code, or does not fit the module.
    """
    try:
        if path.stat().st_size > 16 * MOST_PARAMETERS:
            raise ModelError(f"{path}: larger than any network read here")
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, TypeError, IndexError):
        raise ModelError(
            f"{path}: damaged, or not a plain state dict; save module.state_dict() with torch.save"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"{path}: is not a plain state dict; save module.state_dict() with torch.save")
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(f"{path}: does not fit the module ({' '.join(str(error).split())[:300]})") from None
    return from_torch(module, input_shape, **options)


class _Tracer(fx.Tracer):
    """Stops at modules of torch.nn and at the caller's own activations."""

    def __init__(self, own: tuple[type, ...]) -> None:
        super().__init__()
        self._own = own

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, self._own) or bool(super().is_leaf_module(m, module_qualified_name))


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; afterwards each part has its own mode again."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def _trace(module: nn.Module, source: str, activations: Made) -> fx.Graph:
    # A module of torch.nn itself would be entered, not named.
    root = module if not _is_leaf(module, activations) else nn.Sequential(module)
    try:
        return _Tracer(tuple(activations)).trace(root)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{source}: forward() cannot be traced ({reason}); it must run the same layers for every input"
        ) from None


def _is_leaf(module: nn.Module, activations: Made) -> bool:
    return _Tracer(tuple(activations)).is_leaf_module(module, "")


def _read(reader: Reader, graph: fx.Graph, activations: Made) -> None:
    """Append a layer for each node of `graph`."""
    own = tuple(activations)
    for node in graph.nodes:
        if node.op == "placeholder":
            reader.begin(node)
        elif node.op == "get_attr":
            reader.shapes[node] = reader.parameter(node)
        elif node.op == "output":
            reader.check_input(node, node.args[0])
        elif node.op == "call_module":
            reader.check_input(node, node.args[0] if node.args else None)
            part = reader.part(str(node.target))
            if isinstance(part, own):
                made = next(make for kind, make in activations.items() if isinstance(part, kind))
                reader.chain.activation(str(node.target), made(part))
            else:
                read_layer(reader.chain, str(node.target), part)
            reader.advance(node)
        else:
            call = CALLS.get(node.target)
            if call is None:
                kind = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", node.target)
                raise reader.chain.unsupported(node.name, f"call of {kind}")
            call(reader, node)


def _compare(module: nn.Module, model: AnnModel, source: str) -> None:
    """Run both on the same images: an importer must not be believed."""
    if any(isinstance(layer, Activation) and layer.kind == "quantised-clip" for layer in model.layers):
        return  # A rounding step may fall either way.
    images = np.random.default_rng(0).random((_CHECKED, *model.input_shape), np.float32)
    try:
        wanted = _outputs(module, images)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{source}: does not run on values of shape {model.input_shape} ({reason})") from None
    found = forward(model, images)
    allowed = _TOLERANCE * max(float(np.abs(wanted).max(initial=0.0)), 1e-6)
    if wanted.shape != found.shape or not np.allclose(found, wanted, rtol=0.0, atol=allowed):
        raise ModelError(
            f"{source}: after import the outputs differ from the module's; hooks and own layers are not understood"
        )


def _outputs(module: nn.Module, images: Any) -> Any:
    """What `module` makes of `images` (n, ...), channels last, one row each."""
    if any(values.dtype not in (torch.float32, torch.float64) for values in module.parameters()):
        module = copy.deepcopy(module).float()
    first = next(module.parameters(), torch.empty(0))
    seen = np.ascontiguousarray(images.transpose(0, 3, 1, 2) if images.ndim == 4 else images)
    values = module(torch.tensor(seen, dtype=first.dtype, device=first.device)).double().cpu().numpy()
    return (values.transpose(0, 2, 3, 1) if values.ndim == 4 else values).reshape(len(images), -1)
