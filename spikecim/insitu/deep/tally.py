"""What the arrays of a training did, layer by layer, in the words of its result."""

from __future__ import annotations

from spikecim.insitu.deep.job import DeepJob
from spikecim.insitu.rules.counts import UpdateCounts
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.results.insitu_run import LayerCounts


def layer_counts(job: DeepJob, counts: tuple[UpdateCounts, ...], samples: int) -> tuple[LayerCounts, ...]:
    """Counts of each layer after `samples` trained images; the first layer hands no error on."""
    cells = 0 if not isinstance(job.update, UpdateSpec) else 2 if job.pairing == "pair" else 1
    return tuple(
        LayerCounts(
            name=shape.name,
            n_in=shape.n_in,
            n_out=shape.n_out,
            cells=cells * shape.weights,
            pulses_up=item.pulses_up,
            pulses_down=item.pulses_down,
            cells_written=item.cells_written,
            largest_writes=item.largest_writes,
            mean_writes=item.mean_writes,
            row_phases=item.row_phases,
            velocity_bits_moved=item.velocity_bits_moved,
            clamped=item.clamped,
            stuck=item.stuck,
            dead=item.dead,
            macs_forward=shape.macs * samples,
            macs_error=shape.macs * samples if number else 0,
            macs_gradient=shape.macs * samples,
        )
        for number, (shape, item) in enumerate(zip(job.shapes, counts, strict=True))
    )
