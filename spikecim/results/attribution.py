"""Who costs what: whole counts of every coalition that was run, and the shares that follow from them exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from spikecim.results.population import interval

Counts = NDArray[np.int64]
# Last axis of all counts, over all images: correct answers, and input spikes.
CORRECT, SPIKES = 0, 1
LEVEL = 0.90


@dataclass(frozen=True, kw_only=True)
class Player:
    """A cause as the result knows it.

    Attributes
    ----------
    name, title : str
    design : bool
        A design choice; otherwise a non-ideality of the hardware.
    active : bool
        False for a dummy player: on this chip it changes nothing.
    """

    name: str
    title: str
    design: bool
    active: bool


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A change of one metric, over virtual chips.

    Attributes
    ----------
    mean : float
    low, high : float or None
        90 % interval of the mean, as the chips scatter; None where there is one chip only. Equal to the mean where no
        chip is involved.
    p5, p95 : float
        Percentiles over chips.
    """

    mean: float
    low: float | None
    high: float | None
    p5: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class Share:
    """All effects of one player on one metric: loss of accuracy in points, or input spikes per image.

    Attributes
    ----------
    player : Player
    exact : Fraction
        Shapley value; the exact values of all players sum to the total change.
    shapley, alone, removed : Effect
        The same with its spread; what the cause costs when it is the only one (design: on the network on paper,
        hardware: on the ideal spiking chip); what comes back when it alone is taken from the whole chip.
    """

    player: Player
    exact: Fraction
    shapley: Effect
    alone: Effect
    removed: Effect


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Everything that was counted. Counts are int64 with last axis (correct, input spikes), summed over all images.

    Attributes
    ----------
    players : tuple of Player
        Design choices first, then hardware.
    n_images : int
    paper, ideal : (2,)
        The network on paper, and the ideal spiking chip.
    design_alone : (n_design, 2)
    design_shapley : (n_design, 2) of Fraction
        Exact values, from all coalitions.
    full : (n_chips, 2)
        The whole chips.
    joined : (n_hardware, n_chips, 2)
        Change when the cause joined, in the chip's own order.
    alone : (n_hardware, n_chips, 2)
        Ideal chip with this cause only.
    removed : (n_players, n_chips, 2)
        Whole chip without this cause.
    requested : int
        Chips asked for; fewer in the counts mean that the run was interrupted.
    facts : dict of str
    """

    players: tuple[Player, ...]
    n_images: int
    paper: Counts
    ideal: Counts
    design_alone: Counts
    design_shapley: tuple[tuple[Fraction, Fraction], ...]
    full: Counts
    joined: Counts
    alone: Counts
    removed: Counts
    requested: int
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def n_chips(self) -> int:
        return len(self.full)

    @property
    def interrupted(self) -> bool:
        return self.n_chips < self.requested

    @property
    def n_design(self) -> int:
        return len(self.design_shapley)

    def total(self, metric: int) -> Fraction:
        """Exact change from the network on paper to the mean chip, in the unit of `share`."""
        end = Fraction(int(self.full[:, metric].sum()), self.n_chips)
        return self._scale(metric) * (end - int(self.paper[metric]))

    def level(self, metric: int, *, design: bool) -> Effect:
        """Change from paper to the ideal chip, or from the ideal chip to the whole chips."""
        if design:
            return _certain(float(self._scale(metric) * int(self.ideal[metric] - self.paper[metric])))
        return self._over_chips(self.full[:, metric] - self.ideal[metric], metric, paired=False)

    def per_image(self, counts: Counts, metric: int) -> NDArray[np.float64]:
        """Accuracy in percent, or input spikes per image."""
        return counts[..., metric] * (100.0 if metric == CORRECT else 1.0) / self.n_images

    def shares(self, metric: int) -> list[Share]:
        """One for each player, in order."""
        return [self._share(number, metric) for number in range(len(self.players))]

    def _share(self, number: int, metric: int) -> Share:
        removed = self._over_chips(self.full[:, metric] - self.removed[number, :, metric], metric, paired=False)
        if number < self.n_design:
            exact = self._scale(metric) * self.design_shapley[number][metric]
            shapley = _certain(float(exact))
            alone = _certain(float(self._scale(metric) * int(self.design_alone[number, metric] - self.paper[metric])))
        else:
            here = number - self.n_design
            joined = self.joined[here, :, metric]
            exact = self._scale(metric) * Fraction(int(joined.sum()), self.n_chips)
            shapley = self._over_chips(joined, metric, paired=True)
            alone = self._over_chips(self.alone[here, :, metric] - self.ideal[metric], metric, paired=False)
        return Share(player=self.players[number], exact=exact, shapley=shapley, alone=alone, removed=removed)

    def _scale(self, metric: int) -> Fraction:
        """From counts to points lost, or to spikes an image."""
        return Fraction(-100 if metric == CORRECT else 1, self.n_images)

    def _over_chips(self, changes: Counts, metric: int, *, paired: bool) -> Effect:
        values = float(self._scale(metric)) * changes.astype(np.float64)
        low, high = mean_interval(values, paired=paired)
        p5, _, p95 = interval(values)
        return Effect(mean=float(values.mean()), low=low, high=high, p5=p5, p95=p95)


def mean_interval(values: NDArray[np.float64], *, paired: bool = False) -> tuple[float | None, float | None]:
    """90 % interval (Student) of the mean of `values` (n_chips,); `paired` chips 2k, 2k + 1 had antithetic orders.

    A pair is one draw then. Without two draws there is no interval.
    """
    from scipy.stats import t

    draws = values[: len(values) // 2 * 2].reshape(-1, 2).mean(1) if paired and len(values) > 3 else values
    if len(draws) < 2:
        return None, None
    half = float(t.ppf(0.5 + LEVEL / 2, len(draws) - 1) * draws.std(ddof=1) / np.sqrt(len(draws)))
    middle = float(values.mean())
    return middle - half, middle + half


def strongest(shares: Sequence[Share], *, design: bool) -> list[Share]:
    """Shares of one group, largest first."""
    return sorted((s for s in shares if s.player.design == design), key=lambda s: -s.exact)


def _certain(value: float) -> Effect:
    return Effect(mean=value, low=value, high=value, p5=value, p95=value)
