"""A small comparison made by hand, easy to check by eye; the tests of its data, its tables and its page share it."""

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

IDEAL, REAL = "exact", "real <chip>"
STEPS = (
    "float ANN",
    "quantised weights",
    "spikes, on exact cells and neurons",
    "real cells",
    "real neurons and injectors",
)


def curve(axis: tuple[int, ...], best: float) -> Curve:
    """Rising figures for each point of `axis`."""
    rise = np.linspace(0.1, best, len(axis))
    growing = np.geomspace(10, 1000, len(axis))
    return Curve(
        axis=np.array(axis, np.int64),
        accuracy=rise,
        low=rise - 0.05,
        high=np.minimum(1.0, rise + 0.05),
        input_spikes=growing,
        spikes=2 * growing,
        events=30 * growing,
        core_nj=0.1 * growing,
        chip_nj=growing,
        ticks=3 * growing,
        time_out=np.linspace(0, 0.5, len(axis)),
    )


def layer(number: int) -> LayerAgreement:
    """Layers get worse with depth."""
    return LayerAgreement(
        name=f"layer{number}",
        correlation=0.99 - 0.01 * number,
        error_rel=0.1 * (number + 1),
        saturated=0.01,
        silent=0.02,
        spikes_per_image=100.0,
        events_per_image=1000.0,
    )


def row(conversion: str, chip: str, accuracy: float, **changes: object) -> ComparisonRow:
    """One row with everything in it, unless `changes` say otherwise; the float ANN reads 98 %."""
    settings: dict[str, object] = {
        "accuracy_low": accuracy - 0.02,
        "accuracy_high": min(1.0, accuracy + 0.02),
        "n_chips": 3,
        "energy_core_nj": 100.0 * (1 + len(conversion)),
        "accuracy_per_chip": (accuracy - 0.02, accuracy, accuracy + 0.02),
        "checkpoints": curve((50, 100, 200, 300), accuracy),
        "margins": curve((1, 2, 3), accuracy),
        "layers": tuple(map(layer, range(3))),
        "losses": tuple(
            LossStep(name=name, accuracy=0.98 - step * (0.98 - accuracy) / 4) for step, name in enumerate(STEPS)
        ),
        **changes,
    }
    return ComparisonRow(
        conversion=conversion,
        chip=chip,
        accuracy=accuracy,
        quantised_accuracy=0.97,
        input_spikes_per_image=1001.25,
        spikes_per_image=1234.5,
        synaptic_events_per_image=56_789.0,
        energy_chip_nj=5000.5,
        latency_ticks=321.0,
        latency_s=321e-6,
        time_out=0.25,
        loss_vs_ann_pp=100 * (0.98 - accuracy),
        steps=32,
        ticks_per_step=200,
        slices=2,
        n_cells=11_520,
        n_cores=3,
        disagreements=(
            Disagreement(index=7, label=3, ann=3, snn=5, image=np.linspace(0, 1, 4, dtype=np.float32).reshape(2, 2, 1)),
        ),
        notes={"paper": f"paper of {conversion}"},
        **settings,
    )


def comparison(**changes: object) -> Comparison:
    """Two conversions on two chips, and one that both chips refuse."""
    settings: dict[str, object] = {
        "rows": (
            row("relu-max", IDEAL, 0.98, n_chips=1),
            row("first-spike", IDEAL, 0.975, n_chips=1, margins=None),
            row("relu-max", REAL, 0.95),
            row("first-spike", REAL, 0.9),
        ),
        "refused": tuple(
            Refusal(conversion="qcfs", chip=chip, reason="takes [quantised-clip] only") for chip in (IDEAL, REAL)
        ),
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
