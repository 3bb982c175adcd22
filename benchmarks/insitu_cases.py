"""Rows for training on the chip: 400-100-10 on MNIST, 60,000 images x 3 epochs, with ideal arrays and all effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from threadpoolctl import threadpool_limits

from benchmarks.cases import Plan, extrapolated
from benchmarks.timing import Row, measure
from spikecim.devices.pulsed.library import load_pulsed
from spikecim.errors import DataNotFoundError
from spikecim.insitu.array_spec import IDEAL_READS, ArrayReads
from spikecim.insitu.image_sets import TrainingImages, training_images
from spikecim.insitu.mlp import MlpJob, train_mlp
from spikecim.insitu.rules.spec import UpdateSpec

# CPU seconds for the whole training.
TARGET_S = 6.0
IMAGES, EPOCHS, BATCH = 60_000, 3, 100
DEVICE = "+4/-4"
EVERY_EFFECT = ArrayReads(adc_forward=6, adc_error=6, adc_gradient=6, on_off=12.5, read_noise=0.01)


def insitu_rows(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """Both rows; none if the plan trains on no images, or MNIST is missing."""
    if not plan.insitu_images:
        return
    say(f"400-100-10 on the chip: {plan.insitu_images:,} images x {EPOCHS} epochs ...")
    try:
        images = training_images("mnist", validation=0, limit=plan.insitu_images)
    except DataNotFoundError as error:
        say(f"training on the chip skipped: {error}")
        return
    # Judging on the test images is not part of a training: one of them is kept, as an accuracy needs one.
    few = replace(images, test=replace(images.test, codes=images.test.codes[:1], labels=images.test.labels[:1]))
    first = _row("400-100-10 learning on the chip, MNIST", few, IDEAL_READS, "ideal reads")
    yield first
    words = "tiles of 128 rows, 8-bit DACs, 6-bit ADCs in all passes, on/off, read noise"
    yield replace(_row("the same with all array effects", few, EVERY_EFFECT, words), against=first, by_cpu=True)


def _row(name: str, images: TrainingImages, reads: ArrayReads, words: str) -> Row:
    update = UpdateSpec(rule="momentum", gamma=0.9, rate=0.03)
    job = MlpJob(device=load_pulsed(DEVICE), update=update, reads=reads, epochs=EPOCHS, batch=BATCH, validation=0)
    n = images.train.n_samples
    # As the processes of a study train: on matrices this small a second BLAS thread only burns time.
    with threadpool_limits(1):
        timing = measure(
            lambda: train_mlp(job, images=images), 1, warm_up=lambda: train_mlp(_short(job), images=images)
        )
    return Row(
        name=name,
        timing=timing.times(IMAGES / n),
        images=IMAGES * EPOCHS,
        target_seconds=TARGET_S,
        note=f"{DEVICE}, momentum, batch {BATCH}, {EPOCHS} epochs; {words}; one thread; target in CPU seconds; "
        "no run time of the released MLP simulator was found to compare with" + extrapolated(n, IMAGES, "images"),
    )


def _short(job: MlpJob) -> MlpJob:
    return replace(job, epochs=1, batch=2 * job.batch)
