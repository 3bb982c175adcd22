"""Train the translating Transformer: Adam along one learning-rate cycle; the best epoch on validation pairs stays."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import torch

from spikecim.datasets.parallel_text import ParallelText, vocabulary
from spikecim.errors import DataError
from spikecim.progress import Stage, silent
from spikecim.training.deep.loop import deterministic, torch_seed
from spikecim.training.deep.recipes import TRANSFORMER
from spikecim.training.deep.transformer import Sizes, Transformer
from spikecim.training.deep.translation import (
    Pairs,
    Translator,
    batches,
    numbered,
    sentence_accuracy,
    word_accuracy,
    word_loss,
)
from spikecim.version import __version__

RISING = 0.1  # share of the steps in which the learning rate rises
LONGEST_GRADIENT = 1.0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train; fixed before the first run.

    Attributes
    ----------
    width, heads, inner, layers : int
        As in `Sizes`.
    epochs, batch : int
    peak : float
        Highest learning rate; it rises for a tenth of the steps and falls along half a cosine.
    dropout, smoothing : float
        Of values in training, and of the targets.
    most_words : int
        Words of a vocabulary at most.
    """

    width: int = 64
    heads: int = 4
    inner: int = 128
    layers: int = 2
    epochs: int = 20
    batch: int = 64
    peak: float = 2e-3
    dropout: float = 0.05
    smoothing: float = 0.0
    most_words: int = 8000


def train_translation(
    texts: dict[str, ParallelText], recipe: Recipe | None = None, seed: int = 0, progress: Stage = silent
) -> Translator:
    """Train on `texts["train"]`; the best epoch on "validation" is kept, "test" is only reported.

    Raises
    ------
    DataError
        If there are fewer pairs than a batch.
    """
    recipe = recipe or Recipe()
    train = texts["train"]
    if train.n_samples < recipe.batch:
        raise DataError(f"{train.origin}: fewer than the {recipe.batch} pairs of a batch")
    source, target = (vocabulary(side, recipe.most_words) for side in (train.source, train.target))
    longest = 4 + max(
        len(sentence) for text in texts.values() for side in (text.source, text.target) for sentence in side
    )
    shape = {name: getattr(recipe, name) for name in ("width", "heads", "inner", "layers")}
    sizes = Sizes(n_source=len(source), n_target=len(target), longest=longest, **shape)
    pairs = {split: numbered(text, source, target) for split, text in texts.items()}
    with deterministic(seed, "translation", "start"):
        module = Transformer(sizes, recipe.dropout)
        minutes, epoch = _descend(module, pairs, recipe, seed, progress)
    _round(module)
    notes = {
        "command": f"spikecim train {TRANSFORMER} --seed {seed}",
        "data": train.origin,
        "validation": texts["validation"].origin,
        "test": texts["test"].origin,
        "seed": str(seed),
        "epochs": str(recipe.epochs),
        "epoch_kept": str(epoch),
        "minutes": f"{minutes:.1f}",
        "version": f"spikecim {__version__}, torch {torch.__version__}",
        **{f"{split}_words": f"{word_accuracy(module, pairs[split]):.4f}" for split in ("validation", "test")},
        **{f"{split}_sentences": f"{sentence_accuracy(module, pairs[split]):.4f}" for split in ("validation", "test")},
    }
    return Translator(module=module, source=source, target=target, notes=notes)


def _descend(
    module: Transformer, pairs: dict[str, Pairs], recipe: Recipe, seed: int, progress: Stage
) -> tuple[float, int]:
    """Train in place; minutes, and the epoch whose weights are kept."""
    began = time.perf_counter()
    optimiser = torch.optim.Adam(module.parameters(), lr=recipe.peak, betas=(0.9, 0.98), eps=1e-9)
    steps = len(pairs["train"][0]) // recipe.batch
    best, kept, state = -1.0, 0, {}
    for epoch in range(recipe.epochs):
        module.train()
        torch.manual_seed(torch_seed(seed, "translation", "dropout", epoch))
        for step, (x, so_far, following) in enumerate(
            batches(pairs["train"], recipe.batch, seed, epoch), epoch * steps
        ):
            for group in optimiser.param_groups:
                group["lr"] = _rate(step, recipe.epochs * steps, recipe.peak)
            optimiser.zero_grad()
            loss: Any = word_loss(module(x, so_far), following, recipe.smoothing)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), LONGEST_GRADIENT)
            optimiser.step()
            progress("translation", step + 1, recipe.epochs * steps)
        module.eval()
        found = word_accuracy(module, pairs["validation"])
        if found > best:
            best, kept = found, epoch + 1
            state = {name: value.clone() for name, value in module.state_dict().items()}
    module.load_state_dict(state)
    return (time.perf_counter() - began) / 60, kept


def _rate(step: int, total: int, peak: float) -> float:
    rising = RISING * total
    if step + 1 < rising:
        return peak * (step + 1) / rising
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rising) / (total - rising)))


def _round(module: Transformer) -> None:
    """Round weights to float16, as the file will hold them."""
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(value.half().float())
