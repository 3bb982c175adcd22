"""What all of a calibration rests on: the file, the simulated chips, the law fitted to them, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.cloud import Cloud, Ground, cloud_of, ground_of
from spikecim.calibration.evidence import Evidence, Likelihood
from spikecim.calibration.images import image_covariance
from spikecim.calibration.scale import scale_of
from spikecim.calibration.simulate import Simulated
from spikecim.calibration.spec import Calibration
from spikecim.calibration.surrogate import Surrogate, fit_surrogate
from spikecim.errors import ParameterError
from spikecim.study.metrics import metric_of
from spikecim.study.point import images_for

FloatArray = NDArray[np.float64]
# A figure further from every simulated chip than so many of its errors and this part of their range is out of reach.
_FAR, _BEYOND = 3.0, 0.1
# Printing and arithmetic never make a figure exact: one part in 100,000 on a logarithmic scale.
_GRAIN = 1e-10


@dataclass(frozen=True)
class Fitted:
    """What every part of a calibration uses: the file, the simulated chips, the law.

    Attributes
    ----------
    calibration : Calibration
    simulated : Simulated
    """

    calibration: Calibration
    simulated: Simulated

    @cached_property
    def n_images(self) -> int:
        """Images simulated."""
        study = self.calibration.study
        return len(images_for(study, study.base_chip()).labels)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Figures of the law: measured ones, then further ones that move at all."""
        measured = [figure.name for figure in self.calibration.figures]
        found = self.simulated.found
        return tuple(
            name
            for column, name in enumerate(self.calibration.study.metrics)
            if name in measured or float(np.ptp(found[..., column])) > 0
        )

    @cached_property
    def columns(self) -> list[int]:
        """Where those stand among the study's metrics."""
        return [self.calibration.study.metrics.index(name) for name in self.names]

    @cached_property
    def surrogate(self) -> Surrogate:
        """The law of all figures."""
        self._check_reach()
        found = self.simulated.found[..., self.columns]
        scales = tuple(scale_of(name, found[..., n], self.n_images) for n, name in enumerate(self.names))
        return fit_surrogate(self.simulated.places, found, self.names, scales)

    @cached_property
    def ground(self) -> Ground:
        """The box before any figure."""
        return ground_of(self.surrogate, self.calibration.study.seed)

    @cached_property
    def image_noise(self) -> FloatArray:
        """Covariance (n_figures, n_figures) of what other images add, in units; 0 where they are the same."""
        if not self.calibration.n_images:
            return np.zeros((len(self.names), len(self.names)))
        one = image_covariance(self.calibration.study)[np.ix_(self.columns, self.columns)]
        return np.asarray(one * (1.0 / self.calibration.n_images + 1.0 / self.n_images))

    def noise(self, names: tuple[str, ...], values: FloatArray, own: FloatArray, *, images: bool = True) -> FloatArray:
        """Covariance on the figures' scales of what measuring adds: `own` (n,) errors, and other images."""
        columns = self.surrogate.columns(names)
        scales = [self.surrogate.scales[column] for column in columns]
        stretch = np.array([scale.stretch(float(value)) for scale, value in zip(scales, values, strict=True)])
        together = self.image_noise[np.ix_(columns, columns)] if images else np.zeros((len(columns), len(columns)))
        return np.asarray((together + np.diag(own**2)) * np.outer(stretch, stretch) + _GRAIN * np.eye(len(columns)))

    def evidence(self, names: tuple[str, ...]) -> Evidence:
        """The measured figures `names`."""
        figures = [self.calibration.figure(name) for name in names]
        values = np.array([figure.value for figure in figures])
        scales = [self.surrogate.scales[column] for column in self.surrogate.columns(names)]
        spread_of = [place for place, figure in enumerate(figures) if figure.spread is not None]
        spreads = np.array([figures[place].spread or 0.0 for place in spread_of])
        errors = np.array([figures[place].spread_sd for place in spread_of])
        stretch = np.array([scales[place].stretch(float(values[place])) for place in spread_of])
        return Evidence(
            columns=self.surrogate.columns(names),
            values=np.array([float(s.of(np.asarray(v))) for s, v in zip(scales, values, strict=True)]),
            noise=self.noise(names, values, np.array([figure.sd for figure in figures])),
            n_chips=self.calibration.n_chips,
            spread_of=spread_of,
            spreads=np.log(spreads * stretch),
            spread_noise=(errors / np.maximum(spreads, 1e-300)) ** 2 + _GRAIN,
        )

    def posterior(self, names: tuple[str, ...]) -> tuple[Likelihood, Cloud]:
        """Likelihood and posterior of the measured figures `names`."""
        likelihood = Likelihood(surrogate=self.surrogate, evidence=(self.evidence(names),))
        return likelihood, cloud_of(likelihood, self.ground)

    def _check_reach(self) -> None:
        """Raise ParameterError for a figure that no simulated chip comes near, or that none of them moves."""
        study = self.calibration.study
        for figure in self.calibration.figures:
            found = self.simulated.found[..., study.metrics.index(figure.name)]
            unit = f" {metric_of(figure.name).unit}".rstrip()
            if float(np.ptp(found)) == 0.0:
                raise ParameterError(
                    f"{study.name}: {figure.name} is {found.flat[0]:g}{unit} on every simulated chip; it says nothing "
                    "of these parameters: leave it out"
                )
            off = np.abs(found - figure.value)
            nearest = np.unravel_index(int(np.argmin(off)), off.shape)
            if off[nearest] <= _FAR * figure.sd + _BEYOND * float(np.ptp(found)):
                continue
            place = self.simulated.places[nearest[0]]
            where = ", ".join(f"{f.path} {f.show(f.at(float(s)))}" for f, s in zip(study.factors, place, strict=True))
            raise ParameterError(
                f"{study.name}: {figure.name} = {figure.value:g}{unit} is out of reach of all {off.size} simulated "
                f"chips; the nearest reads {found[nearest]:.4g} (at {where}): widen the bounds or check the figure"
            )
