"""`nn.MultiheadAttention` on arrays: four projections, and the products Q K^T and A V, whose second operand is written.

Softmax, masks, scaling and dropout stay digital. Q and the attention weights A drive the rows; K^T and V lie in cells.
"""

from __future__ import annotations

from spikecim.analog.layers import AnalogLinear
from spikecim.analog.product import AnalogProduct
from spikecim.analog.wiring import wire
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.errors import ConversionError, ShapeError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor, nn


class AnalogAttention(nn.Module):
    """Attention with the arguments and results of `nn.MultiheadAttention`.

    Parameters
    ----------
    plain : nn.MultiheadAttention
    label : str
    plan : ArrayPlan
    errors : frozenset of str

    Raises
    ------
    ConversionError
        If it adds rows of its own to keys and values (add_bias_kv, add_zero_attn).
    """

    query: AnalogLinear
    key: AnalogLinear
    value: AnalogLinear

    def __init__(self, plain: nn.MultiheadAttention, label: str, plan: ArrayPlan, errors: frozenset[str]) -> None:
        super().__init__()
        if plain.bias_k is not None or plain.add_zero_attn:
            raise ConversionError(f"layer {label}: attention with add_bias_kv or add_zero_attn is not supported")
        self.label, self.embed_dim, self.num_heads = label, plain.embed_dim, plain.num_heads
        self.head_dim, self.dropout, self.batch_first = plain.head_dim, plain.dropout, plain.batch_first
        # What torch's fused encoder asks for: it must not pass the arrays by.
        self.in_proj_bias, self._qkv_same_embed_dim = None, False
        biases = (None, None, None) if plain.in_proj_bias is None else plain.in_proj_bias.detach().chunk(3)
        if plain.in_proj_weight is not None:
            weights = plain.in_proj_weight.detach().chunk(3)
        else:
            weights = (plain.q_proj_weight.detach(), plain.k_proj_weight.detach(), plain.v_proj_weight.detach())
        for name, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
            wiring = wire(f"{label}.{name}", plan, errors, weight.shape[1])
            own = None if bias is None else nn.Parameter(bias.clone())
            setattr(self, name, AnalogLinear(nn.Parameter(weight.clone()), own, 1, wiring))
        wiring = wire(f"{label}.out_proj", plan, errors, plain.out_proj.weight.shape[1])
        self.out_proj = AnalogLinear(plain.out_proj.weight, plain.out_proj.bias, 1, wiring)
        self.scores = AnalogProduct(f"{label}.scores", plan, errors)
        self.mixture = AnalogProduct(f"{label}.mixture", plan, errors)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """As `nn.MultiheadAttention`.

        Raises
        ------
        ShapeError
            If `is_causal` comes without the mask that it is a hint about.
        """
        if is_causal and attn_mask is None:
            raise ShapeError(f"layer {self.label}: is_causal is a hint about attn_mask; give the mask")
        batched = query.ndim == 3
        operands = [x if batched else x[None] for x in (query, key, value)]
        if batched and not self.batch_first:
            operands = [x.transpose(0, 1) for x in operands]
        if key_padding_mask is not None and not batched:
            key_padding_mask = key_padding_mask[None]
        made, weights = self._attend(operands, key_padding_mask, attn_mask)
        if not batched:
            made = made[0]
        elif not self.batch_first:
            made = made.transpose(0, 1)
        if not need_weights:
            return made, None
        weights = weights.mean(1) if average_attn_weights else weights
        return made, weights if batched else weights[0]

    def _attend(self, operands: list[Tensor], padding: Tensor | None, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Output (n_samples, n_vectors, n) and attention weights (n_samples, n_heads, n_vectors, n_keys)."""
        parts = (self.query, self.key, self.value)
        q, k, v = (
            part(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for part, x in zip(parts, operands, strict=True)
        )
        scores = self.scores(q, k.transpose(-1, -2)) * self.head_dim**-0.5
        for hidden in (_mask(mask, len(q)), None if padding is None else _additive(padding)[:, None, None]):
            if hidden is not None:
                scores = scores + hidden.to(scores)
        weights = scores.softmax(-1)
        if self.dropout and self.training:
            weights = nn.functional.dropout(weights, self.dropout)
        mixed = self.mixture(weights, v).transpose(1, 2).flatten(2)
        return self.out_proj(mixed), weights


def _additive(mask: Tensor) -> Tensor:
    """A mask to add: where a boolean one is true, nothing is seen."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, device=mask.device).masked_fill(mask, float("-inf"))


def _mask(mask: Tensor | None, n_samples: int) -> Tensor | None:
    """(n_vectors, n_keys), or one for each sample and head."""
    if mask is None:
        return None
    added = _additive(mask)
    return added.unflatten(0, (n_samples, -1)) if added.ndim == 3 else added
