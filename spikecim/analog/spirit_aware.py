"""SPIRIT's perceptron trained for its own chips: whole weights, fresh cells and injectors in every step.

Quantisation and noise are in the loop (straight-through, Bengio 2013; noise injection, Murray and Edwards 1994): each
step draws a chip anew, looks up the charge that its cells make of the rounded weights, sends it through the spiking
layer (`spirit_layer`), and descends the cross entropy of its scores. Weights are chosen among those of a run by what
virtual chips that no report sees do with them on the event engine, on held-out training images.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.analog.spirit_chips import ChipTable, fresh_table, known_table
from spikecim.analog.spirit_choice import Judge, Samples, SpiritRecipe, whole
from spikecim.analog.spirit_layer import Neurons, felt, rates, spikes
from spikecim.chips.spec import ChipSpec
from spikecim.errors import ParameterError, ShapeError
from spikecim.models.extras import needs
from spikecim.network import Network
from spikecim.progress import Stage, silent
from spikecim.spikes import SpikeTrains
from spikecim.streams import name_key, stream
from spikecim.training.deep.loop import deterministic

with needs("torch", "hardware-aware training"):
    import torch
    from torch import Tensor, nn

__all__ = ["Draw", "Samples", "SpiritRecipe", "fresh_chips", "known_chip", "layer_scores", "train_spirit"]

FloatArray = NDArray[np.float64]
BLUNT = -1.5  # logarithm of the first sharpness: scores differ by about ten spikes
SLOW = 0.05  # its pace: at that of the weights it would sink to nothing while they are still bad
# Draws the chip of a training step that holds the weights given.
Draw = Callable[[int, NDArray[np.int8]], ChipTable]


def train_spirit(
    chip: ChipSpec,
    fit: Samples,
    held_out: Samples,
    recipe: SpiritRecipe | None = None,
    *,
    seed: int = 0,
    draw: Draw | None = None,
    start: Network | None = None,
    progress: Stage = silent,
) -> Network:
    """Train whole weights for `chip`; the same seed gives the same weights.

    Parameters
    ----------
    draw : callable(step, weights) -> ChipTable, optional
        The chip of a step, with int8 weights (n_in, n_out); default: a fresh one every time.
    start : Network, optional
        Weights to start from; default: small random ones.

    Raises
    ------
    ParameterError
        If the chip's neurons leak or test on events only, which the layer does not model.
    ShapeError
        If samples or start do not fit the chip.
    """
    recipe = recipe or SpiritRecipe()
    draw = draw or fresh_chips(chip, recipe, seed)
    _check(chip, fit, start)
    judge = Judge(chip, held_out.head(recipe.images), recipe, seed)
    with deterministic(seed, "spirit-aware"):
        latent = _start(chip, start, seed).requires_grad_()
        sharpness = torch.full((1,), BLUNT, requires_grad=True)
        optimiser = torch.optim.Adam([{"params": [latent]}, {"params": [sharpness]}], lr=recipe.rate)
        marks = {math.ceil(recipe.steps * (k + 1) / recipe.checks) for k in range(recipe.checks)}
        for step in range(recipe.steps):
            for group, pace in zip(optimiser.param_groups, (1.0, SLOW), strict=True):
                group["lr"] = pace * recipe.rate * 0.5 * (1.0 + math.cos(math.pi * step / recipe.steps))
            table = draw(step, whole(latent.detach().numpy(), chip.synapse.levels.value))
            x, labels = _batch(fit, recipe, seed, step)
            optimiser.zero_grad()
            scores = layer_scores(chip, latent, table, x, recipe, name_key(seed, "trains", step))
            loss: Any = nn.functional.cross_entropy(scores * sharpness.exp(), torch.from_numpy(labels))
            loss.backward()
            optimiser.step()
            with torch.no_grad():
                latent.clamp_(-table.levels - 0.5, table.levels + 0.5)
            if step + 1 in marks:
                judge(latent.detach().numpy(), step + 1)
            progress("spirit-aware", step + 1, recipe.steps)
    return judge.result(recipe, seed)


def fresh_chips(chip: ChipSpec, recipe: SpiritRecipe, seed: int) -> Draw:
    """A chip of its own for every step."""
    return lambda step, weights: fresh_table(chip, weights, seed, step, seconds=recipe.seconds)


def known_chip(chip: ChipSpec, recipe: SpiritRecipe, seed: int, chip_index: int) -> Draw:
    """One chip (seed, chip_index) that was measured; every step programs it anew."""
    return lambda step, weights: known_table(chip, weights, seed, chip_index, step + 1, seconds=recipe.seconds)


def layer_scores(
    chip: ChipSpec, latent: Tensor, table: ChipTable, values: FloatArray, recipe: SpiritRecipe, key: int
) -> Tensor:
    """Scores (batch, n_out) at the end of the window: spikes of either sign counted, differentiable in `latent`."""
    neurons, refractory = Neurons.of(table), round(chip.neuron.refractory.value / chip.tick_s)
    charge = felt(latent, torch.from_numpy(table.charge[0]), rounded=recipe.rounded)
    code = chip.rate_code()
    if recipe.layer == "curve":
        arrivals = torch.from_numpy((1.0 / code.periods(values)).astype(np.float32))
        return rates(arrivals @ charge, neurons, refractory) * chip.n_ticks
    counts = binned(code.encode(values, key), recipe.step_ticks)
    return spikes(torch.from_numpy(counts) @ charge, neurons, refractory, recipe.step_ticks).sum(1)


def binned(trains: SpikeTrains, step_ticks: int) -> NDArray[np.float32]:
    """Input spikes of every step (n_samples, n_steps, n_in), those of sign -1 counted below zero."""
    n_steps = -(-trains.n_ticks // step_ticks)
    flat = (trains.samples() * n_steps + trains.ticks // step_ticks) * trains.n_in + trains.lines
    counts = np.bincount(flat, trains.signs, trains.n_samples * n_steps * trains.n_in)
    return counts.reshape(trains.n_samples, n_steps, trains.n_in).astype(np.float32)


def _batch(fit: Samples, recipe: SpiritRecipe, seed: int, step: int) -> tuple[FloatArray, NDArray[np.int64]]:
    """Samples of one step, in an order of their own for every pass."""
    per_pass = max(1, len(fit.labels) // recipe.batch)
    order = stream(seed, "spirit-aware", "order", step // per_pass).permutation(len(fit.labels))
    chosen = order[step % per_pass * recipe.batch :][: recipe.batch]
    return fit.values[chosen], fit.labels[chosen].astype(np.int64)


def _start(chip: ChipSpec, start: Network | None, seed: int) -> Tensor:
    shape = (chip.geometry.n_in.value, chip.geometry.n_out.value)
    if start is None:
        return torch.from_numpy(stream(seed, "spirit-aware", "start").normal(0.0, 0.5, shape).astype(np.float32))
    real = start.weights if start.real is None else start.real
    levels = chip.synapse.levels.value
    return torch.from_numpy(np.clip(real, -levels - 0.49, levels + 0.49).astype(np.float32))


def _check(chip: ChipSpec, fit: Samples, start: Network | None) -> None:
    n_in, n_out = chip.geometry.n_in.value, chip.geometry.n_out.value
    if fit.values.shape[1] != n_in:
        raise ShapeError(f"samples: chip {chip.name} takes {n_in} inputs, got {fit.values.shape[1]}")
    if start is not None and start.weights.shape != (n_in, n_out):
        raise ShapeError(f"start: chip {chip.name} takes weights ({n_in}, {n_out}), got {start.weights.shape}")
    if chip.neuron.leak_current.value > 0 or chip.neuron.comparator.value != "continuous":
        raise ParameterError(
            f"chip {chip.name}: hardware-aware training models neurons without leak and with continuous comparators; "
            "set neuron.leak_current to 0 A and neuron.comparator to continuous"
        )
