"""A study of limits made by hand: losses that grow with resistance, side and leakage, on five chips."""

from __future__ import annotations

import numpy as np

from spikecim.results.limits import NO_WIRES, LimitPoint, LimitSetting, LimitStudy

OHMS, RATIOS, SIDES, OWN = (0.5, 2.0), (10.0, 20.0), (144, 288, 576), 20.0
CHIPS = np.linspace(0.84, 0.88, 5)


def point(kind: str, ohm: float, ratio: float, side: int, loss: float) -> LimitPoint:
    setting = LimitSetting(kind=kind, ohm=ohm, ratio=ratio, side=side)
    ones = np.ones(5)
    return LimitPoint(
        setting=setting, accuracy=CHIPS - loss, input_spikes=130 * ones, cell_pj=700 * ones, core_pj=4500 * ones
    )


def lost(kind: str, ohm: float, ratio: float, side: int) -> float:
    """Passive: 0.4 points at 0.5 ohm, side 144 and ratio 20, and four times that at twice the side. Gated: nothing."""
    return 0.004 * (ohm / 0.5) * (OWN / ratio) * (max(side, 144) / 144) ** 2 if kind == "passive" else 0.0


def study(n_requested: int = 5) -> LimitStudy:
    points = [point(NO_WIRES, 0.0, ratio, 0, 0.0) for ratio in RATIOS]
    for kind in ("passive", "gated"):
        for ratio in RATIOS:
            for ohm in OHMS:
                for side in (0, *SIDES) if ratio == OWN else SIDES:
                    points.append(point(kind, ohm, ratio, side, lost(kind, ohm, ratio, side)))
    return LimitStudy(
        kinds=("passive", "gated"),
        ohms=OHMS,
        ratios=RATIOS,
        sides=SIDES,
        own_ratio=OWN,
        curve_ohms=OHMS,
        shape=(144, 80),
        points=tuple(points),
        n_images=1000,
        seed=0,
        requested=n_requested,
        ideal_accuracy=0.88,
        trim="reads",
        facts={"chip": "spirit", "dataset": "digits", "split": "test", "version": "0"},
    )
