"""A small Transformer, encoder and decoder, to translate rows of word numbers (Vaswani et al. 2017; norms first).

Built of nothing but `nn.MultiheadAttention`, `nn.Linear`, `nn.LayerNorm` and `nn.Embedding`, so that whatever replaces
modules by their type reaches every product of it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from spikecim.datasets.parallel_text import BEGIN, END, PAD
from spikecim.errors import ParameterError, ShapeError


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of a Transformer.

    Attributes
    ----------
    n_source, n_target : int
        Words of each vocabulary, marks included.
    width, heads, inner : int
        Values of a word, heads of an attention (a divisor of `width`), values inside a feed-forward block.
    layers : int
        Of the encoder, and as many of the decoder.
    longest : int
        Numbers of a row at most, marks included.
    """

    n_source: int
    n_target: int
    width: int = 64
    heads: int = 4
    inner: int = 128
    layers: int = 2
    longest: int = 32

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise ParameterError(f"transformer: {name} {value} must be at least 1")
        if self.width % self.heads or self.width % 2:
            raise ParameterError(f"transformer: width {self.width} must be even and a multiple of heads {self.heads}")


class EncoderLayer(nn.Module):
    """Attention to the sentence itself, then a feed-forward block; each added to what comes in."""

    def __init__(self, sizes: Sizes, dropout: float) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(sizes.width, sizes.heads, dropout=dropout, batch_first=True)
        self.forward_block = _feed_forward(sizes, dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.width) for _ in range(2))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        """`x` (batch, length, width); `hidden` (batch, length) is True at padding."""
        normed = self.norms[0](x)
        found, _ = self.attention(normed, normed, normed, key_padding_mask=hidden, need_weights=False)
        x = x + self.dropout(found)
        out: Tensor = x + self.dropout(self.forward_block(self.norms[1](x)))
        return out


class DecoderLayer(nn.Module):
    """Attention to the words so far, attention to the source, a feed-forward block."""

    def __init__(self, sizes: Sizes, dropout: float) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(sizes.width, sizes.heads, dropout=dropout, batch_first=True)
        self.cross = nn.MultiheadAttention(sizes.width, sizes.heads, dropout=dropout, batch_first=True)
        self.forward_block = _feed_forward(sizes, dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor, hidden: Tensor, future: Tensor) -> Tensor:
        """`x` (batch, length, width), `memory` of the encoder; `future` (length, length) is True where not to look."""
        normed = self.norms[0](x)
        found, _ = self.attention(normed, normed, normed, attn_mask=future, need_weights=False)
        x = x + self.dropout(found)
        found, _ = self.cross(self.norms[1](x), memory, memory, key_padding_mask=hidden, need_weights=False)
        x = x + self.dropout(found)
        out: Tensor = x + self.dropout(self.forward_block(self.norms[2](x)))
        return out


class Transformer(nn.Module):
    """Source numbers and the target so far to a score for every next word.

    Parameters
    ----------
    sizes : Sizes
    dropout : float
        In training only.
    """

    places: Tensor

    def __init__(self, sizes: Sizes, dropout: float = 0.0) -> None:
        super().__init__()
        self.sizes = sizes
        self.source_words = nn.Embedding(sizes.n_source, sizes.width)
        self.target_words = nn.Embedding(sizes.n_target, sizes.width)
        self.register_buffer("places", _places(sizes.longest, sizes.width), persistent=False)
        self.encoder = nn.ModuleList(EncoderLayer(sizes, dropout) for _ in range(sizes.layers))
        self.decoder = nn.ModuleList(DecoderLayer(sizes, dropout) for _ in range(sizes.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.width) for _ in range(2))
        self.output = nn.Linear(sizes.width, sizes.n_target)
        self.dropout = nn.Dropout(dropout)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scores of the next word after each word of `target`, as training shows it (teacher forcing).

        Parameters
        ----------
        source, target : int64 (batch, n_source_words), (batch, n_target_words)
            The target begins with the begin mark; scores at a place depend on the words up to it alone.

        Returns
        -------
        float (batch, n_target_words, n_target)
        """
        return self.decode(target, self.encode(source), source)

    def encode(self, source: Tensor) -> Tensor:
        """What the encoder makes of `source`: (batch, n_source_words, width)."""
        x = self._placed(source, self.source_words)
        for layer in self.encoder:
            x = layer(x, source == PAD)
        out: Tensor = self.norms[0](x)
        return out

    def decode(self, target: Tensor, memory: Tensor, source: Tensor) -> Tensor:
        """Scores (batch, n_target_words, n_target) from `memory`, the encoder's answer to `source`."""
        length = target.shape[1]
        future = torch.ones(length, length, dtype=torch.bool, device=target.device).triu(1)
        x = self._placed(target, self.target_words)
        for layer in self.decoder:
            x = layer(x, memory, source == PAD, future)
        out: Tensor = self.output(self.norms[1](x))
        return out

    def _placed(self, numbers: Tensor, words: nn.Embedding) -> Tensor:
        if numbers.ndim != 2 or numbers.shape[1] > self.sizes.longest:
            found = tuple(numbers.shape)
            raise ShapeError(f"transformer: expected (batch, at most {self.sizes.longest}) word numbers, got {found}")
        out: Tensor = self.dropout(words(numbers) * math.sqrt(self.sizes.width) + self.places[: numbers.shape[1]])
        return out


def translate(module: nn.Module, source: Tensor, longest: int) -> Tensor:
    """Greedy translation of `source` (batch, n_source_words): the best word at each place, (batch, <= longest).

    Rows begin with the begin mark and are padded behind their end mark. `module` has `encode` and `decode` as above.
    """
    with torch.no_grad():
        memory = module.encode(source)  # type: ignore[operator]
        found = torch.full((len(source), 1), BEGIN, dtype=torch.long, device=source.device)
        ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
        while found.shape[1] < longest and not bool(ended.all()):
            scores = module.decode(found, memory, source)  # type: ignore[operator]
            following = torch.where(ended, PAD, scores[:, -1].argmax(1))
            found = torch.cat([found, following[:, None]], dim=1)
            ended |= following == END
    return found


def _feed_forward(sizes: Sizes, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(sizes.width, sizes.inner), nn.ReLU(), nn.Dropout(dropout), nn.Linear(sizes.inner, sizes.width)
    )


def _places(longest: int, width: int) -> Tensor:
    """Sines and cosines of each place (longest, width), section 3.5 of the paper."""
    place = torch.arange(longest, dtype=torch.float32)[:, None]
    pace = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10_000.0) / width))
    return torch.stack([torch.sin(place * pace), torch.cos(place * pace)], dim=2).reshape(longest, width)
