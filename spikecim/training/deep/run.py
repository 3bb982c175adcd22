"""From a recipe to a trained PyTorch chain; a QCFS twin starts from its ReLU network (Bu et al., ICLR 2022)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from spikecim.progress import Stage
from spikecim.training.deep.activations import QuantisedClip
from spikecim.training.deep.architectures import ARCHITECTURES
from spikecim.training.deep.loop import Job, deterministic, device, tensor, train
from spikecim.training.deep.material import Material
from spikecim.training.deep.recipes import Recipe

START_SAMPLES = 1000  # training images that the first ceilings are read from
START_SHARE = 0.99  # share of a layer's positive inputs below its first ceiling


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where and how a run goes on."""

    folder: Path
    seed: int
    progress: Stage
    threads: int

    @property
    def device(self) -> str:
        return device()

    @property
    def torch_version(self) -> str:
        return str(torch.__version__)


def trained(chosen: Recipe, data: Material, place: Place) -> tuple[nn.Sequential, float]:
    """Return the trained chain of `chosen` and the minutes it took, its base not counted."""
    if chosen.base is None:
        with deterministic(place.seed, chosen.name, "start", threads=place.threads):
            chain = ARCHITECTURES[chosen.architecture]()
    else:
        chain, _ = trained(chosen.base, data, place)
        with deterministic(place.seed, chosen.name, "start", threads=place.threads):
            chain = quantised(chain, tensor(data.train.images[:START_SAMPLES]), chosen.levels)
    job = Job(
        recipe=chosen,
        seed=place.seed,
        checkpoint=place.folder / f"{chosen.name}.checkpoint.pt",
        progress=place.progress,
    )
    with deterministic(place.seed, chosen.name, "start", threads=place.threads):
        minutes = train(chain, data.train.images, data.train.labels, job)
    return chain, minutes


def quantised(chain: nn.Sequential, images: Tensor, levels: int) -> nn.Sequential:
    """Return `chain` with QCFS in place of every ReLU; ceilings start at a quantile of the ReLU's positive inputs."""
    chain.eval()
    layers: list[nn.Module] = []
    values = images
    with torch.no_grad():
        for layer in chain:
            if isinstance(layer, nn.ReLU):
                positive = values[values > 0].sort().values
                place = min(len(positive) - 1, int(START_SHARE * len(positive)))
                ceiling = float(positive[place]) if len(positive) else 1.0
                layers.append(QuantisedClip(levels, ceiling))
            else:
                layers.append(layer)
            values = layer(values)
    return nn.Sequential(*layers).to(images.device)
