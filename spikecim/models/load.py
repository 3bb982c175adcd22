"""One door for all networks: a shipped name, or a .npz, .onnx or .nir file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from spikecim.errors import ModelError, ParameterError, hint
from spikecim.models.files import load_model
from spikecim.models.limits import check_size
from spikecim.models.model import AnnModel

ENDINGS = (".npz", ".onnx", ".nir")
_PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")


def load_any(
    name_or_path: str | Path,
    shipped: Mapping[str, Callable[[], AnnModel]] | None = None,
    *,
    replace_max_pool: bool = False,
) -> AnnModel:
    """Return the network `name_or_path`.

    Parameters
    ----------
    name_or_path : str or Path
        A name in `shipped`, or a file that ends in .npz (our own), .onnx or .nir.
    shipped : mapping of str to function, optional
        How to get each network that has a name.
    replace_max_pool : bool
        Put average pools in place of an ONNX file's max pools, with a `ModelWarning`.

    Raises
    ------
    ParameterError
        If it is neither a known name nor a file of a known ending.
    ModelError, ResultFileError
        If the file is missing, damaged, or holds what is not supported.
    MissingExtraError
        If the package that reads it is not installed.
    """
    text, known = str(name_or_path), shipped or {}
    if text in known:
        return known[text]()
    path = Path(text)
    ending = path.suffix.lower()
    if ending in _PICKLED:
        raise ModelError(
            f"{path}: PyTorch files hold no network, only its weights or code; export to .onnx, or use "
            "spikecim.models.torch_module.from_torch_file in Python"
        )
    if ending not in ENDINGS:
        options = f"known: {', '.join(known) or 'none'}; or give a file ending in {', '.join(ENDINGS)}"
        raise ParameterError(f"network {text!r} is unknown; {hint(text, known, options)}")
    check_size(path)
    if ending == ".npz":
        return load_model(path)
    if ending == ".onnx":
        from spikecim.models.onnx_file import read_onnx

        return read_onnx(path, replace_max_pool=replace_max_pool)
    from spikecim.models.nir_file import read_nir

    return read_nir(path)
