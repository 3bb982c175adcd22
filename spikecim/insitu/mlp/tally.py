"""What each layer of a trained MLP had to do, for the result."""

from __future__ import annotations

from spikecim.insitu.mlp.state import Training
from spikecim.results.insitu_run import LayerCounts

CELLS = {"single": 1, "pair": 2}


def layer_counts(training: Training, samples: int) -> tuple[LayerCounts, ...]:
    """Counts of all layers after `samples` training images in all; judging and calibration are not part of them."""
    found = []
    for number, layer in enumerate(training.layers):
        counts = layer.counts
        n_in, n_out = training.job.sizes[number : number + 2]
        found.append(
            LayerCounts(
                name=f"layer{number}",
                n_in=n_in,
                n_out=n_out,
                cells=n_in * n_out * CELLS[training.job.pairing],
                pulses_up=int(counts.pulses_up),
                pulses_down=int(counts.pulses_down),
                cells_written=int(counts.cells_written),
                largest_writes=int(counts.largest_writes),
                mean_writes=float(counts.mean_writes),
                row_phases=int(counts.row_phases),
                velocity_bits_moved=int(counts.velocity_bits_moved),
                clamped=int(counts.clamped),
                stuck=int(counts.stuck),
                dead=int(counts.dead),
                macs_forward=samples * n_in * n_out,
                # Errors stop at the first layer: nothing lies below it.
                macs_error=samples * n_in * n_out if number else 0,
                macs_gradient=samples * n_in * n_out,
            )
        )
    return tuple(found)
