"""Translators as plain arrays: .npz of float16 weights and JSON text with both vocabularies, no pickle."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spikecim.datasets.parallel_text import Vocabulary
from spikecim.errors import ResultFileError
from spikecim.files import replacing
from spikecim.training.deep.recipes import TRANSFORMER
from spikecim.training.deep.transformer import Sizes, Transformer
from spikecim.training.deep.translation import Translator

ENDING = ".seq.npz"  # apart from the other networks in the same folder
_MAX_BYTES = 50_000_000


def save_translator(translator: Translator, path: Path) -> None:
    """Write a `Translator` as .npz of float16 arrays and JSON text, whole or not at all."""
    about = {
        "sizes": asdict(translator.module.sizes),
        "notes": translator.notes,
        **{side: _written(getattr(translator, side)) for side in ("source", "target")},
    }
    arrays: dict[str, Any] = {
        f"p.{name}": value.detach().numpy().astype(np.float16) for name, value in translator.module.state_dict().items()
    }
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about, sort_keys=True)), **arrays)


def _written(words: Vocabulary) -> dict[str, list[Any]]:
    """A vocabulary as JSON has it."""
    return {"words": list(words.words), "counts": list(words.counts)}


def load_translator(path: Path) -> Translator:
    """Read what `save_translator` wrote, in eval mode.

    Raises
    ------
    ResultFileError
        If it is not such a file.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("a translator is a small file")
        with np.load(path, allow_pickle=False) as archive:
            about = json.loads(str(archive["about"]))
            state = {name[2:]: _tensor(archive[name]) for name in archive.files if name.startswith("p.")}
        source, target = (
            Vocabulary(words=tuple(map(str, about[side]["words"])), counts=tuple(map(int, about[side]["counts"])))
            for side in ("source", "target")
        )
        module = Transformer(Sizes(**{str(key): int(value) for key, value in about["sizes"].items()}))
        module.load_state_dict(state)
        notes = {str(key): str(value) for key, value in about["notes"].items()}
        fitting = (len(source), len(target)) == (module.sizes.n_source, module.sizes.n_target)
    except OSError as error:
        raise ResultFileError(f"{path}: cannot be read ({error.strerror or 'not a .npz file'})") from None
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError, zipfile.BadZipFile):
        raise ResultFileError(f"{path}: is not a translator file; `spikecim train {TRANSFORMER}` writes one") from None
    if not fitting:
        raise ResultFileError(f"{path}: vocabularies and weights do not belong together")
    module.eval()
    return Translator(module=module, source=source, target=target, notes=notes)


def ready_translator() -> Translator:
    """The shipped translator of the made language."""
    with resources.as_file(resources.files("spikecim.training") / "weights" / f"{TRANSFORMER}{ENDING}") as path:
        return load_translator(path)


def _tensor(array: np.ndarray[Any, np.dtype[Any]]) -> Tensor:
    if not np.isfinite(array).all():
        raise ValueError("weights must be finite")
    return torch.from_numpy(array.astype(np.float32))
