"""Does the method keep its word? Synthetic chips with known parameters, calibrated by their figures as printed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.cloud import cloud_of
from spikecim.calibration.evidence import Evidence, Likelihood
from spikecim.calibration.fit import Fitted
from spikecim.calibration.profile import end_falls, verdict_of
from spikecim.progress import Stage, silent
from spikecim.results.calibration import Trial, TrialRow, kept_share
from spikecim.streams import stream

FloatArray = NDArray[np.float64]
ENOUGH = 1000.0


def run_trial(fitted: Fitted, progress: Stage = silent) -> Trial:
    """Calibrate every fresh chip of `fitted.simulated` with each set of figures, and count what the intervals hold.

    A synthetic chip is one chip, measured on the images that are simulated; its figures are rounded, or disturbed, as
    those of the file are.
    """
    simulated, sets = fitted.simulated, fitted.calibration.sets
    paths = [factor.path for factor in fitted.calibration.study.factors]
    n_chips = len(simulated.fresh)
    read = _as_printed(fitted)
    low, high = (np.empty((len(sets), n_chips, len(paths))) for _ in range(2))
    rows = []
    for number, (name, members) in enumerate(sets):
        verdicts: list[list[str]] = []
        for chip in range(n_chips):
            progress(f"trial, {name}", chip, n_chips)
            likelihood = Likelihood(surrogate=fitted.surrogate, evidence=(_evidence(fitted, members, read[chip]),))
            cloud = cloud_of(likelihood, fitted.ground, ENOUGH)
            low[number, chip], _, high[number, chip] = cloud.quantiles().T
            verdicts.append([verdict_of(*falls) for falls in end_falls(likelihood, cloud)])
        inside = (low[number] <= simulated.fresh_places) & (simulated.fresh_places <= high[number])
        rows.append(
            TrialRow(
                set_name=name,
                covered={path: int(inside[:, p].sum()) for p, path in enumerate(paths)},
                kept={path: _mean_kept(low[number, :, p], high[number, :, p]) for p, path in enumerate(paths)},
                verdicts={path: _counts([row[p] for row in verdicts]) for p, path in enumerate(paths)},
            )
        )
    return Trial(n_chips=n_chips, rows=tuple(rows), truth=simulated.fresh_places, low=low, high=high)


def _as_printed(fitted: Fitted) -> FloatArray:
    """Measured figures (n_chips, n_figures) of the fresh chips, in the file's order."""
    study, figures = fitted.calibration.study, fitted.calibration.figures
    found = fitted.simulated.fresh[:, [study.metrics.index(figure.name) for figure in figures]]
    noise = stream(study.seed, "calibration", "reading").standard_normal(found.shape)
    for column, figure in enumerate(figures):
        if figure.half_unit:
            unit = 2.0 * figure.half_unit
            found[:, column] = np.round(found[:, column] / unit) * unit
        else:
            found[:, column] += figure.sd * noise[:, column]
    return np.asarray(found)


def _evidence(fitted: Fitted, names: tuple[str, ...], read: FloatArray) -> Evidence:
    """One chip's figures `names`, of all it `read`."""
    order = [figure.name for figure in fitted.calibration.figures]
    values = np.array([read[order.index(name)] for name in names])
    sds = np.array([fitted.calibration.figure(name).sd for name in names])
    columns = fitted.surrogate.columns(names)
    scales = [fitted.surrogate.scales[column] for column in columns]
    return Evidence(
        columns=columns,
        values=np.array([float(s.of(np.asarray(v))) for s, v in zip(scales, values, strict=True)]),
        noise=fitted.noise(names, values, sds, images=False),
        n_chips=1,
        spread_of=[],
        spreads=np.zeros(0),
        spread_noise=np.zeros(0),
    )


def _mean_kept(low: FloatArray, high: FloatArray) -> float:
    return kept_share(float(low.mean()), float(high.mean()))


def _counts(verdicts: list[str]) -> dict[str, int]:
    return {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(sorted(verdicts))}
