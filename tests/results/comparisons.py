"""A small comparison written by hand."""

from __future__ import annotations

import numpy as np

from spikecim.results.comparison import (
    Comparison,
    ComparisonRow,
    Curve,
    Disagreement,
    LayerAgreement,
    LossStep,
    Refusal,
)


def curve(axis: list[int]) -> Curve:
    """Rising figures for each point of `axis`."""
    rise = np.linspace(0.5, 0.9, len(axis))
    return Curve(
        axis=np.array(axis, np.int64),
        accuracy=rise,
        low=rise - 0.05,
        high=rise + 0.05,
        input_spikes=100 * rise,
        spikes=300 * rise,
        events=5000 * rise,
        core_nj=40 * rise,
        chip_nj=90 * rise,
        ticks=60 * rise,
        time_out=rise - 0.4,
    )


def comparison_row(chip: str = "spirit-multi", n_chips: int = 3) -> ComparisonRow:
    """One row with everything in it."""
    return ComparisonRow(
        conversion="relu-max",
        chip=chip,
        accuracy=0.9,
        accuracy_low=0.85,
        accuracy_high=0.95,
        n_chips=n_chips,
        quantised_accuracy=0.955,
        input_spikes_per_image=101.25,
        spikes_per_image=1234.5,
        synaptic_events_per_image=56789.0,
        energy_core_nj=41.5,
        energy_chip_nj=99.5,
        latency_ticks=77.0,
        latency_s=7.7e-5,
        time_out=0.25,
        loss_vs_ann_pp=6.0,
        steps=64,
        ticks_per_step=1,
        slices=2,
        n_cells=4096,
        n_cores=2,
        accuracy_per_chip=(0.85, 0.9, 0.95)[:n_chips],
        checkpoints=curve([1, 8, 65]),
        margins=curve([1, 2]),
        layers=(
            LayerAgreement(
                name="hidden",
                correlation=float("nan"),
                error_rel=0.1,
                saturated=0.01,
                silent=0.02,
                spikes_per_image=1000.0,
                events_per_image=50000.0,
            ),
        ),
        losses=tuple(
            LossStep(name=name, accuracy=share)
            for name, share in (("ann", 0.96), ("weights", 0.955), ("spikes", 0.95), ("cells", 0.92), ("neurons", 0.9))
        ),
        disagreements=(
            Disagreement(index=7, label=3, ann=3, snn=5, image=np.linspace(0, 1, 4, dtype=np.float32).reshape(2, 2, 1)),
        ),
        notes={"paper": "A paper"},
    )


def comparison() -> Comparison:
    """Two rows and a refusal."""
    return Comparison(
        network="tiny",
        dataset="digits",
        origin="first 60 of 300 test images",
        n_samples=60,
        ann_accuracy=0.96,
        macs=3552,
        rows=(comparison_row("spirit-multi-ideal", n_chips=1), comparison_row()),
        refused=(
            Refusal(conversion="qcfs", chip="spirit-multi-ideal", reason="it has [relu]"),
            Refusal(conversion="qcfs", chip="spirit-multi", reason="it has [relu]"),
        ),
        facts={"seed": "0"},
    )
