"""Translation as a task: pairs of sentences as numbers, batches, loss, and two scores that are never mixed.

Words: the share of next words that are right when the words before them are given (teacher forcing). Sentences: the
share that greedy translation gets right as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spikecim.datasets.made_language import made_language
from spikecim.datasets.parallel_text import PAD, ParallelText, Vocabulary
from spikecim.streams import stream
from spikecim.training.deep.transformer import Transformer, translate

Pairs = tuple[Tensor, Tensor]


@dataclass(frozen=True, kw_only=True)
class Translator:
    """A trained network with the words it knows."""

    module: Transformer
    source: Vocabulary
    target: Vocabulary
    notes: dict[str, str]

    def pairs(self, text: ParallelText) -> Pairs:
        """Numbers of both sides of `text`, int64 (n_samples, length)."""
        return numbered(text, self.source, self.target)

    def translate(self, source: Tensor) -> Tensor:
        """Greedy translation of rows of word numbers."""
        return translate(self.module, source, self.module.sizes.longest)


def made_texts(
    n_train: int = 24_000, n_validation: int = 1_000, n_test: int = 1_000, seed: int = 0
) -> dict[str, ParallelText]:
    """The made language's splits, disjoint."""
    wanted = {"train": n_train, "validation": n_validation, "test": n_test}
    return {split: made_language(split, count, seed) for split, count in wanted.items()}


def numbered(text: ParallelText, source: Vocabulary, target: Vocabulary) -> Pairs:
    """Numbers of both sides of `text`, int64 (n_samples, length)."""
    return torch.from_numpy(source.encode(text.source)), torch.from_numpy(target.encode(text.target))


def batches(pairs: Pairs, batch: int, seed: int, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield (source, target so far, next words) of one epoch, in an order of its own; a rest is left out."""
    source, target = pairs
    order = torch.from_numpy(stream(seed, "translation", "epoch", epoch).permutation(len(source)))
    for start in range(0, len(source) - batch + 1, batch):
        chosen = order[start : start + batch]
        x, y = _trimmed(source[chosen]), _trimmed(target[chosen])
        yield x, y[:, :-1], y[:, 1:]


def word_loss(scores: Tensor, following: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean cross entropy of `scores` (batch, length, n_words) against the next words (batch, length)."""
    return nn.functional.cross_entropy(
        scores.flatten(0, 1), following.flatten(), ignore_index=PAD, label_smoothing=smoothing
    )


def word_accuracy(module: nn.Module, pairs: Pairs, batch: int = 250) -> float:
    """Share of next words told right with the words before them given (teacher forcing); padding is not counted."""
    right = total = 0
    with torch.no_grad():
        for x, y in zip(*(torch.split(side, batch) for side in pairs), strict=True):
            following = y[:, 1:]
            found = module(x, y[:, :-1]).argmax(2)
            counted = following != PAD
            right += int(((found == following) & counted).sum())
            total += int(counted.sum())
    return right / total


def sentence_accuracy(module: nn.Module, pairs: Pairs, batch: int = 250) -> float:
    """Share of sentences that greedy translation gets right to the last word."""
    right = 0
    for x, y in zip(*(torch.split(side, batch) for side in pairs), strict=True):
        found = translate(module, x, y.shape[1])
        missing = y.shape[1] - found.shape[1]
        right += int((nn.functional.pad(found, (0, missing), value=PAD) == y).all(1).sum())
    return right / len(pairs[0])


def _trimmed(numbers: Tensor) -> Tensor:
    """Rows without the columns that hold nothing but padding."""
    return numbers[:, : int((numbers != PAD).sum(1).max())]
