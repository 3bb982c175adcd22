"""Two scores over virtual chips, with intervals: accuracy ratio, and recovered degradation.

The accuracy ratio is the median over chips. Recovered degradation is of the population, (mean after - mean before) /
(ideal - mean before): a median of the chips' own shares would have to leave out those that had lost nothing, and to
leave out chips by their luck before a cure is a choice in its favour or against it. Intervals are percentiles of draws
in which chips and blocks of images are drawn again, with replacement, the same for before, after, ideal and algorithm:
what is compared stays paired (Davison and Hinkley, Bootstrap Methods and their Application, 1997, ch. 2; chips and
images are crossed, so both are drawn).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.results.mitigation import Interval
from spikecim.streams import stream

Floats = NDArray[np.float64]
CONFIDENCE = 95.0
DRAWS = 2_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Resampling:
    """Which chips and which blocks of images each draw holds.

    Attributes
    ----------
    chips : int64 (n_draws, n_chips)
        Places of chips.
    blocks : float64 (n_draws, n_blocks)
        Weights of blocks; they sum to 1.
    """

    chips: NDArray[np.int64]
    blocks: Floats

    @classmethod
    def draw(cls, n_chips: int, n_blocks: int, seed: int) -> Resampling:
        """`DRAWS` draws; the same for all conditions of a study, which keeps them comparable."""
        chips = stream(seed, "mitigate", "chips").integers(0, n_chips, (DRAWS, n_chips))
        counts = stream(seed, "mitigate", "blocks").multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), DRAWS)
        return cls(chips=chips, blocks=counts / n_blocks)

    def means(self, blocks: Floats) -> Floats:
        """Accuracy of the drawn chips on the drawn images.

        Parameters
        ----------
        blocks : float64 (n_chips, n_blocks) or (n_blocks,)
            One row only is the same for all chips.

        Returns
        -------
        float64 (n_draws, n_chips)
        """
        by_chip = self.blocks @ np.atleast_2d(blocks).T
        return np.take_along_axis(by_chip, self.chips, axis=1) if by_chip.shape[1] > 1 else by_chip


def accuracy(blocks: Floats, drawn: Resampling) -> Interval:
    """Accuracy in percent; `blocks` is (n_chips, n_blocks)."""
    return _interval(blocks.mean(axis=1), drawn.means(blocks))


def accuracy_ratio(hardware: Floats, algorithm: Floats, drawn: Resampling) -> Interval:
    """Accuracy of the hardware over that of the algorithm, in percent; (n_chips, n_blocks) and (n_blocks,)."""
    return _interval(hardware.mean(axis=1) / algorithm.mean(), drawn.means(hardware) / drawn.means(algorithm))


def lost(ideal: Floats, before: Floats, drawn: Resampling) -> Interval:
    """Ideal minus the mean of the chips before, in points; (n_blocks,) and (n_chips, n_blocks)."""
    return _around(float(ideal.mean() - before.mean()), _population(ideal, drawn) - _population(before, drawn))


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """Recovered degradation; `interval` is None, and `undefined` says why, where there is nothing to recover.

    `chips` are the shares of single chips, None for one that had lost nothing; the score does not come from them.
    """

    interval: Interval | None
    undefined: str
    chips: tuple[float | None, ...]


def recovered(ideal: Floats, before: Floats, after: Floats, drawn: Resampling) -> Recovered:
    """(mean after - mean before) / (ideal - mean before) over all chips, in percent; never clipped.

    Undefined where the interval of ideal - mean before reaches zero: a loss within its own noise cannot be recovered.

    Parameters
    ----------
    ideal : float64 (n_blocks,)
    before, after : float64 (n_chips, n_blocks)
        The same chips in the same order.
    """
    loss = lost(ideal, before, drawn)
    if loss.low <= 0:
        reason = f"nothing to recover: the loss, {loss.value:.2f} points, is not above its own noise"
        return Recovered(interval=None, undefined=reason, chips=(None,) * len(before))
    gained = _population(after, drawn) - _population(before, drawn)
    # A draw that lost nothing has no share; there are at most (100 - CONFIDENCE) / 2 % of them.
    draws = _share(gained, _population(ideal, drawn) - _population(before, drawn))
    value = float((after.mean() - before.mean()) / (ideal.mean() - before.mean()))
    own = _share(after.mean(axis=1) - before.mean(axis=1), ideal.mean() - before.mean(axis=1))
    chips = tuple(None if np.isnan(one) else 100.0 * float(one) for one in own)
    return Recovered(interval=_around(value, draws[~np.isnan(draws)]), undefined="", chips=chips)


def _population(blocks: Floats, drawn: Resampling) -> Floats:
    """Mean over the drawn chips, (n_draws,)."""
    return np.asarray(drawn.means(blocks).mean(axis=1))


def _share(gained: Floats, loss: Floats) -> Floats:
    """NaN where nothing had been lost."""
    found = np.full(gained.shape, np.nan)
    np.divide(gained, loss, out=found, where=loss > 0)
    return found


def _interval(own: Floats, draws: Floats) -> Interval:
    """Median of the chips, and percentiles of the medians of all draws, in percent."""
    return _around(float(np.median(own)), np.median(draws, axis=1))


def _around(value: float, draws: Floats) -> Interval:
    """A share with the percentiles of its draws (n_draws,), in percent."""
    tail = (100.0 - CONFIDENCE) / 2
    low, high = np.percentile(draws, [tail, 100.0 - tail])
    # Adding 0.0 keeps a difference of nothing from reading "-0".
    value, low, high = (round(100.0 * float(end), 12) + 0.0 for end in (value, low, high))
    return Interval(value=value, low=low, high=high)
