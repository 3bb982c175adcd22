"""Rows for training on the chip: a VGG-8 step at batch 64 with all array effects against the plain PyTorch step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.cases import Plan
from benchmarks.timing import Row, medians, once
from spikecim.devices.pulsed.library import load_pulsed
from spikecim.errors import MissingExtraError
from spikecim.insitu.array_spec import ArrayReads
from spikecim.insitu.deep_shapes import forward_macs, vgg8
from spikecim.insitu.rules.spec import UpdateSpec

if TYPE_CHECKING:
    from torch import nn

# A step with every effect may take this many plain ones.
RATIO_TARGET = 4.0
BATCH = 64
DEVICE = "ag-a-si"
EVERY_EFFECT = ArrayReads(
    adc_forward=6, adc_error=6, adc_gradient=6, on_off=12.5, read_noise=0.01, calibration_batches=1
)


def insitu_deep_rows(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """Both rows; none if the plan has no width, or PyTorch is missing."""
    if not plan.deep_width:
        return
    say(f"VGG-8 at {plan.deep_width:g} of its width: {plan.layered_repeats} steps, plain and on arrays ...")
    try:
        plain, arrays = steps_of(plan.deep_width)
    except MissingExtraError as error:
        say(f"VGG-8 on arrays skipped: {error}")
        return
    plain()
    arrays()
    # In turns, so that a busy machine slows both alike.
    pairs = [(once(plain), once(arrays)) for _ in range(plan.layered_repeats)]
    macs = forward_macs(vgg8(plan.deep_width))
    first = Row(
        name=f"VGG-8 x {plan.deep_width:g}: a plain training step",
        timing=medians([pair[0] for pair in pairs]),
        images=BATCH,
        note=f"PyTorch, channels last, one thread, batch {BATCH}, {macs / 1e6:,.1f} M multiply-accumulates per image",
    )
    yield first
    yield Row(
        name=f"VGG-8 x {plan.deep_width:g}: a step on arrays",
        timing=medians([pair[1] for pair in pairs]),
        images=BATCH,
        against=first,
        by_cpu=True,
        note=f"{DEVICE} pairs, momentum; tiles of 128 rows, 8-bit DACs, 6-bit ADCs in all passes, on/off, read noise, "
        f"pulses; at most {RATIO_TARGET:g} plain steps",
    )


def steps_of(width: float) -> tuple[Callable[[], object], Callable[[], object]]:
    """One step of the plain network and one on arrays, ready to be repeated, both on one thread."""
    import torch

    from spikecim.insitu.deep.images import ColourImages
    from spikecim.insitu.deep.job import DeepJob
    from spikecim.insitu.deep.train import Standing, begun, calibrate, trained_steps

    torch.set_num_threads(1)
    draws = np.random.Generator(np.random.PCG64(0))
    some = draws.integers(0, 256, (BATCH, 32, 32, 3)).astype(np.uint8), draws.integers(0, 10, BATCH)
    job = DeepJob(
        update=UpdateSpec(rule="momentum", rate=0.01, gamma=0.9),
        device=load_pulsed(DEVICE),
        reads=EVERY_EFFECT,
        width=width,
        batch=BATCH,
    )
    session = begun(job, ColourImages(train=some, validation=some, test=some))
    session.network.train()
    calibrate(session, 0)

    network = plain_network(width)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    images = torch.from_numpy(some[0].astype(np.float32) / 255).permute(0, 3, 1, 2)
    labels = torch.from_numpy(some[1])

    def plain() -> None:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimiser.step()

    return plain, lambda: next(trained_steps(session, Standing(step=1)))


def plain_network(width: float) -> nn.Sequential:
    """The same network of PyTorch's own layers."""
    import torch
    from torch import nn

    layers: list[nn.Module] = []
    shapes = vgg8(width)
    for number, shape in enumerate(shapes):
        if shape.dense:
            before = [nn.Flatten()] if not shapes[number - 1].dense else []
            layers += [*before, nn.Linear(shape.n_in, shape.n_out, bias=False), nn.BatchNorm1d(shape.n_out)]
        else:
            layers += [nn.Conv2d(shape.c_in, shape.c_out, 3, padding=1, bias=False), nn.BatchNorm2d(shape.c_out)]
        layers += [nn.ReLU()] if number + 1 < len(shapes) else []
        layers += [nn.MaxPool2d(shape.pool)] if shape.pool > 1 else []
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
