"""Comparisons made by hand, small enough to check by eye."""

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

STEPS = (
    "float ANN",
    "quantised weights",
    "spikes, on exact cells and neurons",
    "real cells",
    "real neurons and injectors",
)


def curve(n_points: int, best: float, axis: int = 1) -> Curve:
    rise = np.linspace(0.1, best, n_points)
    growing = np.geomspace(10, 1000, n_points)
    return Curve(
        axis=np.arange(1, n_points + 1) * axis,
        accuracy=rise,
        low=rise - 0.05,
        high=np.minimum(1.0, rise + 0.05),
        input_spikes=growing,
        spikes=2 * growing,
        events=30 * growing,
        core_nj=0.1 * growing,
        chip_nj=growing,
        ticks=3 * growing,
        time_out=np.linspace(0, 0.5, n_points),
    )


def row(conversion: str, chip: str, accuracy: float, **changes: object) -> ComparisonRow:
    settings: dict[str, object] = {
        "accuracy_low": accuracy - 0.02,
        "accuracy_high": min(1.0, accuracy + 0.02),
        "n_chips": 5,
        "margins": curve(4, accuracy),
        **changes,
    }
    return ComparisonRow(
        conversion=conversion,
        chip=chip,
        accuracy=accuracy,
        quantised_accuracy=0.97,
        input_spikes_per_image=1000.0,
        spikes_per_image=2345.6,
        synaptic_events_per_image=1_234_567.0,
        energy_core_nj=100.0 * (1 + len(conversion)),
        energy_chip_nj=5000.0,
        latency_ticks=321.0,
        latency_s=321e-6,
        time_out=0.25,
        loss_vs_ann_pp=100 * (0.98 - accuracy),
        steps=32,
        ticks_per_step=200,
        slices=2,
        n_cells=11_520,
        n_cores=3,
        checkpoints=curve(6, accuracy, axis=50),
        layers=tuple(
            LayerAgreement(
                name=f"layer{k}",
                correlation=0.99 - 0.01 * k,
                error_rel=0.1 * (k + 1),
                saturated=0.01,
                silent=0.02,
                spikes_per_image=100.0,
                events_per_image=1000.0,
            )
            for k in range(3)
        ),
        losses=tuple(
            LossStep(name=name, accuracy=0.98 - step * (0.98 - accuracy) / 4) for step, name in enumerate(STEPS)
        ),
        disagreements=(Disagreement(index=7, label=3, ann=3, snn=5, image=np.full((6, 4, 1), 0.5, np.float32)),),
        notes={"paper": f"paper of {conversion}"},
        **settings,
    )


def comparison(**changes: object) -> Comparison:
    settings: dict[str, object] = {
        "rows": (
            row("relu-max", "exact", 0.98, n_chips=1),
            row("first-spike", "exact", 0.975, n_chips=1, margins=None),
            row("relu-max", "real <chip>", 0.95),
            row("first-spike", "real <chip>", 0.9),
        ),
        "refused": (Refusal(conversion="qcfs", chip="exact", reason="takes quantised-clip only"),),
        **changes,
    }
    return Comparison(
        network="tiny & small",
        dataset="digits",
        origin="first 50 of 500 test images",
        n_samples=50,
        ann_accuracy=0.98,
        macs=12_345,
        facts={"seed": "0", "chips": "exact, real"},
        **settings,
    )
