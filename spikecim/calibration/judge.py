"""From the posterior to what is said of it: verdicts, intervals, directions, trades, and what further figures bring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.advice import further_figures, label_of
from spikecim.calibration.cloud import Cloud
from spikecim.calibration.evidence import Likelihood
from spikecim.calibration.fit import Fitted
from spikecim.calibration.profile import (
    GRID,
    Profiles,
    conditional_best,
    end_falls,
    open_share,
    profiles_of,
    verdict_of,
)
from spikecim.calibration.simulate import fresh_chips
from spikecim.calibration.spec import ALL
from spikecim.calibration.text import toml_line
from spikecim.progress import Stage, silent
from spikecim.results.calibration import (
    DETERMINED,
    CalibrationFound,
    Direction,
    FigureFound,
    ParameterFound,
    SetFound,
    Trial,
    kept_share,
)
from spikecim.study.metrics import metric_of
from spikecim.study.pool import Pool

FloatArray = NDArray[np.float64]
CHECKED_CHIPS = 20
# How many points of the posterior a result keeps, for figures.
_KEPT_POINTS = 8192


@dataclass(frozen=True)
class Judged:
    """All figures of a calibration together, judged.

    Attributes
    ----------
    fitted : Fitted
    folder : Path
        Where chips are simulated.
    pool : Pool
    progress : callable(stage, done, total)
    """

    fitted: Fitted
    folder: Path
    pool: Pool
    progress: Stage = silent

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(figure.name for figure in self.fitted.calibration.figures)

    @cached_property
    def _posterior(self) -> tuple[Likelihood, Cloud]:
        return self.fitted.posterior(self.names)

    @cached_property
    def profiles(self) -> Profiles:
        """Profiles of all parameters."""
        self.progress("profiles", 0, 1)
        return profiles_of(*self._posterior)

    @cached_property
    def place(self) -> FloatArray:
        """The fitted place: what is not determined stands in the middle of what is left, the rest fits best with it."""
        likelihood, cloud = self._posterior
        middles = cloud.quantiles()[:, 1]
        held = {
            number: float(middles[number])
            for number in range(len(middles))
            if self.profiles.verdict(number) != DETERMINED
        }
        return conditional_best(likelihood, cloud, held)

    @property
    def _n_determined(self) -> int:
        """Parameters that the figures fix: each takes one figure's freedom to miss."""
        return sum(self.profiles.verdict(number) == DETERMINED for number in range(len(self.place)))

    def found(self, trial: Trial | None = None) -> CalibrationFound:
        """Everything."""
        from scipy.stats import chi2

        likelihood, cloud = self._posterior
        misfit, count = likelihood.misfit(self.profiles.best)
        chosen = cloud.sample(_KEPT_POINTS)
        unique, counts = np.unique(chosen, return_counts=True)
        calibration = self.fitted.calibration
        return CalibrationFound(
            parameters=self._parameters(cloud),
            figures=self._figures(),
            correlation=cloud.correlation(),
            points=cloud.places[unique],
            weights=counts / counts.sum(),
            directions=self._directions(cloud),
            sets=self._sets(),
            further=further_figures(self.fitted, likelihood, cloud, self.place, self.progress),
            misfit=misfit,
            misfit_p=float(chi2.sf(misfit, max(1, count - self._n_determined))),
            trial=trial,
            settings=calibration.describe(),
            facts={
                "chip": calibration.study.base_chip().name,
                "data": f"{self.fitted.n_images:,} held-out {calibration.study.data} training images",
                "simulated": f"{self.fitted.simulated.found[..., 0].size:,} virtual chips in "
                f"{len(self.fitted.simulated.places):,} designs",
                "measured": f"{calibration.n_chips} chip{'s' if calibration.n_chips > 1 else ''} on "
                + (f"{calibration.n_images:,} other images" if calibration.n_images else "the same images"),
                "seed": str(calibration.study.seed),
                "effective_points": f"{cloud.effective:.0f}",
            },
        )

    def _parameters(self, cloud: Cloud) -> tuple[ParameterFound, ...]:
        factors, edges = self.fitted.calibration.study.factors, cloud.quantiles()
        found = []
        for number, factor in enumerate(factors):
            low, middle, high = (float(factor.at(float(share))) for share in edges[number])
            verdict, fitted = self.profiles.verdict(number), float(factor.at(float(self.place[number])))
            pairs = self.profiles.pairs[number]
            found.append(
                ParameterFound(
                    path=factor.path,
                    unit=factor.unit,
                    log=factor.scale == "log",
                    low=factor.low,
                    high=factor.high,
                    interval=(low, middle, high),
                    kept=kept_share(float(edges[number][0]), float(edges[number][2])),
                    verdict=verdict,
                    fitted=fitted,
                    grid=np.array([float(factor.at(float(share))) for share in GRID]),
                    profile=self.profiles.free[number],
                    alone=pairs[number],
                    kept_without={other.path: open_share(pairs[at]) for at, other in enumerate(factors)},
                    toml=toml_line(self.fitted.calibration, factor, fitted, verdict),
                )
            )
        return tuple(found)

    def _figures(self) -> tuple[FigureFound, ...]:
        fitted, study = self.fitted, self.fitted.calibration.study
        law = fitted.surrogate.law(self.place[None])
        values = tuple(f.at(float(s)) for f, s in zip(study.factors, self.place, strict=True))
        chips = fresh_chips(study, self.folder, self.pool, values, CHECKED_CHIPS, self.progress)
        image_sd = np.sqrt(np.diag(fitted.image_noise))
        found = []
        for column, name in enumerate(fitted.names):
            if name not in self.names:
                continue
            figure, scale = fitted.calibration.figure(name), fitted.surrogate.scales[column]
            middle = float(scale.back(law.mean[0, column]))
            seen, stretch = chips[:, study.metrics.index(name)], scale.stretch(middle)
            found.append(
                FigureFound(
                    name=name,
                    label=label_of(name),
                    unit=metric_of(name).unit,
                    value=figure.value,
                    sd=figure.sd,
                    image_sd=float(image_sd[column]),
                    spread=figure.spread,
                    chip_sd=float(np.sqrt(law.chips[0, column, column]) / stretch),
                    surrogate_sd=float(np.sqrt(law.lack[0, column, column]) / stretch),
                    explained=fitted.surrogate.explained[column],
                    fitted=middle,
                    checked=float(seen.mean()),
                    checked_sd=float(seen.std(ddof=1)),
                    source=figure.source,
                )
            )
        return tuple(found)

    def _directions(self, cloud: Cloud) -> tuple[Direction, ...]:
        """Main axes of the posterior, their spread against even odds (variance 1/12)."""
        spreads, axes = np.linalg.eigh(12.0 * cloud.covariance())
        paths = [factor.path for factor in self.fitted.calibration.study.factors]
        found = []
        for number, spread in enumerate(spreads):
            axis = axes[:, number] * np.sign(axes[np.argmax(np.abs(axes[:, number])), number])
            loadings = dict(zip(paths, map(float, axis), strict=True))
            found.append(Direction(kept=float(np.sqrt(max(spread, 0.0))), loadings=loadings))
        return tuple(found)

    def _sets(self) -> tuple[SetFound, ...]:
        factors = self.fitted.calibration.study.factors
        found = []
        for name, members in self.fitted.calibration.sets:
            likelihood, cloud = self._posterior if name == ALL else self.fitted.posterior(members)
            if name == ALL:
                verdicts = [self.profiles.verdict(number) for number in range(len(factors))]
            else:
                verdicts = [verdict_of(*falls) for falls in end_falls(likelihood, cloud)]
            edges = cloud.quantiles()
            spans = {
                factor.path: tuple(float(factor.at(float(share))) for share in edges[number])
                for number, factor in enumerate(factors)
            }
            found.append(
                SetFound(
                    name=name,
                    figures=members,
                    verdicts={factor.path: verdict for factor, verdict in zip(factors, verdicts, strict=True)},
                    kept={f.path: kept_share(float(edges[n][0]), float(edges[n][2])) for n, f in enumerate(factors)},
                    intervals={path: (span[0], span[1], span[2]) for path, span in spans.items()},
                )
            )
        return tuple(found)
