"""Which further figure would help: each candidate of a calibration, and more chips, most telling first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.cloud import Cloud
from spikecim.calibration.evidence import Likelihood
from spikecim.calibration.fit import Fitted
from spikecim.calibration.further import Expected, more_chips, more_figures, printed_sd
from spikecim.progress import Stage, silent
from spikecim.results.calibration import Further
from spikecim.study.metrics import metric_of

FloatArray = NDArray[np.float64]
MORE_CHIPS = 10


def further_figures(
    fitted: Fitted, likelihood: Likelihood, cloud: Cloud, place: FloatArray, progress: Stage = silent
) -> tuple[Further, ...]:
    """Further figures of the same chips one by one and all together, and the same figures of more chips.

    Parameters
    ----------
    place : float64 (n_parameters,)
        Where a figure's printed digits are counted.
    """
    seed = fitted.calibration.study.seed
    asked = [name for name in fitted.calibration.further if name in fitted.names]
    groups: list[tuple[tuple[str, ...], str]] = [((name,), label_of(name)) for name in asked]
    if len(asked) > 1:
        groups.append((tuple(asked), "all of these"))
    found = []
    for number, (names, label) in enumerate(groups):
        progress("further figures", number, len(groups) + 1)
        noise = _noise(fitted, names, place)
        expected = more_figures(likelihood, cloud, fitted.surrogate.columns(names), noise, seed)
        found.append(_told(fitted, "+".join(names), label, expected))
    figures = fitted.calibration.figures
    noise = fitted.noise(
        tuple(figure.name for figure in figures),
        np.array([figure.value for figure in figures]),
        np.array([figure.sd for figure in figures]),
    )
    expected = more_chips(likelihood, cloud, MORE_CHIPS, noise, seed)
    found.append(_told(fitted, "chips", f"the same figures of {MORE_CHIPS} more chips, mean and spread", expected))
    return tuple(sorted(found, key=lambda entry: -entry.bits))


def _noise(fitted: Fitted, names: tuple[str, ...], place: FloatArray) -> FloatArray:
    """What measuring adds to figures that nobody measured yet: printing, and other images."""
    law, columns = fitted.surrogate.law(place[None]), fitted.surrogate.columns(names)
    scales = [fitted.surrogate.scales[column] for column in columns]
    values = np.array([float(s.back(law.mean[0, c])) for s, c in zip(scales, columns, strict=True)])
    return fitted.noise(names, values, np.array([printed_sd(float(value)) for value in values]))


def _told(fitted: Fitted, name: str, label: str, expected: Expected) -> Further:
    paths = [factor.path for factor in fitted.calibration.study.factors]
    kept = dict(zip(paths, map(float, expected.kept), strict=True))
    return Further(name=name, label=label, bits=expected.bits, kept=kept)


def label_of(name: str) -> str:
    """A figure in words."""
    margin = name.partition("@")[2]
    return metric_of(name).label + (f" at delta_s {margin}" if margin else "")
