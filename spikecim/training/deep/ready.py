"""Deep ready networks: train one by its recipe, or read the weights that are shipped. PyTorch loads only to train."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from spikecim.errors import ParameterError, hint
from spikecim.files import make_folder
from spikecim.models import AnnModel
from spikecim.models.extras import needs
from spikecim.models.files import load_model, save_model
from spikecim.models.forward import forward
from spikecim.progress import Stage, silent
from spikecim.training.deep.material import Material, Part, material
from spikecim.training.deep.recipes import RECIPES, Recipe, recipe
from spikecim.version import __version__

ENDING = ".ann.npz"  # apart from the .npz of one-layer integer networks in the same folder


def deep_names() -> list[str]:
    """Names of all networks that `train_ready` can train."""
    return list(RECIPES)


def shipped_names() -> list[str]:
    """Names of those whose weights come with the package."""
    folder = resources.files("spikecim.training") / "weights"
    found = {entry.name.removesuffix(ENDING) for entry in folder.iterdir() if entry.name.endswith(ENDING)}
    return [name for name in RECIPES if name in found]


def ready_model(name: str) -> AnnModel:
    """Return the shipped network `name`.

    Raises
    ------
    ParameterError
        If none of this name is shipped.
    """
    known = shipped_names()
    if name not in known:
        shipped = f"shipped: {', '.join(known)}"
        raise ParameterError(f"ready network {name!r} is unknown; {hint(name, known, shipped)}")
    with resources.as_file(resources.files("spikecim.training") / "weights" / f"{name}{ENDING}") as path:
        return load_model(path)


def train_ready(name: str, folder: Path, seed: int = 0, progress: Stage = silent, *, threads: int = 1) -> AnnModel:
    """Train the ready network `name`; a run that was stopped goes on from its checkpoint in `folder`.

    The same seed and number of threads give the same weights on the same machine.

    Parameters
    ----------
    name : str
        One of `deep_names()`. A QCFS twin trains its ReLU network first, or takes its finished checkpoint.
    folder : Path
        Made if missing; holds NAME.checkpoint.pt after each epoch and NAME.ann.npz at the end.
    seed : int
    progress : Stage
        Called after each step.
    threads : int
        CPU threads of PyTorch.

    Raises
    ------
    ParameterError
        If the name is unknown.
    MissingExtraError
        If PyTorch is not installed.
    ResultFileError, OutputError, DataError, DataNotFoundError
        Foreign checkpoint; folder not writable; data missing or damaged.
    """
    return train_recipe(recipe(name), folder, seed, progress, threads=threads)


def train_recipe(
    chosen: Recipe, folder: Path, seed: int = 0, progress: Stage = silent, *, threads: int = 1
) -> AnnModel:
    """`train_ready` for a recipe of one's own."""
    with needs("torch", "training a network"):
        from spikecim.training.deep.export import exported
        from spikecim.training.deep.run import Place, trained

    make_folder(folder)
    data = material(chosen)
    place = Place(folder=folder, seed=seed, progress=progress, threads=threads)
    chain, minutes = trained(chosen, data, place)
    model = as_stored(exported(chain, chosen.name, chosen.input_shape))
    notes = {
        **_facts(chosen, data),
        "command": f"spikecim train {chosen.name} --seed {seed}",
        "seed": str(seed),
        "minutes": f"{minutes:.1f}",
        "threads": str(threads),
        "device": place.device,
        "version": f"spikecim {__version__}, torch {place.torch_version}",
        "held_out_accuracy": f"{accuracy(model, data.held_out):.4f}",
        "test_accuracy": f"{accuracy(model, data.test):.4f}",
    }
    model = replace(model, notes=notes)
    save_model(model, folder / f"{chosen.name}{ENDING}", half=True)
    return model


def accuracy(model: AnnModel, part: Part) -> float:
    """Share of `part` whose largest output is the labelled one."""
    return float((forward(model, part.pixels()).argmax(axis=1) == part.labels).mean())


def as_stored(model: AnnModel) -> AnnModel:
    """`model` with its parameters rounded to float16, as the file will hold them."""

    def rounded(value: Any) -> Any:
        return value.astype(np.float16).astype(np.float32) if isinstance(value, np.ndarray) else value

    layers = (replace(layer, **{key: rounded(value) for key, value in vars(layer).items()}) for layer in model.layers)
    return replace(model, layers=tuple(layers))


def _facts(chosen: Recipe, data: Material) -> dict[str, str]:
    shrunk = {"preprocessing": "area-mean"} if chosen.input_shape[0] == 12 else {}
    return {
        "data": data.train.origin,
        "held_out": data.held_out.origin,
        "test": data.test.origin,
        "epochs": str(chosen.epochs),
        **({"base": chosen.base.name, "levels": str(chosen.levels)} if chosen.base else {}),
        **shrunk,
    }
