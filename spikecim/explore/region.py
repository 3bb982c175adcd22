"""Which combinations of plausible values give the published accuracy and the published input spikes.

Ranges after the optimistic to pessimistic columns of public cell statistics (devices/presets) and, for the open circuit
and coding values, what a designer could have chosen. Designs are Sobol points (Sobol 1967), one virtual chip each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spikecim.build import build
from spikecim.chips.spec import ChipSpec
from spikecim.explore.causes import set_values
from spikecim.explore.tally import tally
from spikecim.network import Network
from spikecim.parameters import switched_on
from spikecim.progress import Stage, silent
from spikecim.results.region import Axis, FloatArray, Region
from spikecim.spikes import SpikeTrains
from spikecim.streams import name_key, stream

AXES = (
    Axis(name="hrs_sigma", title="HRS spread, σ of ln R", unit="", low=0.5, high=1.25),
    Axis(name="hrs_median", title="HRS median", unit="kΩ", low=90.0, high=1000.0, log=True),
    Axis(name="lrs_sigma", title="LRS spread, σ of ln R", unit="", low=0.08, high=0.30),
    Axis(name="stuck", title="Stuck cells", unit="%", low=0.0, high=2.5),
    Axis(name="relaxation", title="Relaxation of HRS, σ of ln R", unit="", low=0.0, high=0.85),
    Axis(name="gain", title="Gain mismatch", unit="%", low=2.0, high=15.0),
    Axis(name="read_noise", title="Read noise of LRS", unit="%", low=0.2, high=2.0, log=True),
    Axis(name="refractory", title="Refractory period", unit="µs", low=1.0, high=48.0, log=True),
    Axis(name="window", title="Window", unit="µs", low=384.0, high=1440.0),
)
# The noise of HRS goes with that of LRS, from 3 to 10 % (the same two columns).
_HRS_NOISE = Axis(name="hrs_noise", title="", unit="%", low=3.0, high=10.0, log=True)
_LOG2_POINTS = 16


@dataclass(frozen=True, kw_only=True)
class RegionSearch:
    """What to search, on what.

    Attributes
    ----------
    chip : ChipSpec
        Every value that is no axis.
    network : Network
    values, labels : float64 (n_samples, n_in), int (n_samples,)
    age : float
        Seconds since programming, at which the relaxation axis is stated.
    published, half_unit : sequence of two float
        Accuracy in percent and input spikes.
    seed : int
    progress : callable(stage, done, total)
    """

    chip: ChipSpec
    network: Network
    values: FloatArray
    labels: NDArray[np.integer]
    age: float
    published: Sequence[float]
    half_unit: Sequence[float]
    seed: int = 0
    progress: Stage = field(default=silent, repr=False)

    def run(self, n_designs: int, n_checked: int, facts: dict[str, str] | None = None) -> Region:
        """Run designs, work out the region, and run `n_checked` chips drawn from it; an interrupt keeps what is done.

        An interrupt before there are twice as many designs as terms of the surface is passed on.
        """
        designs = sobol_places(len(AXES), n_designs, self.seed, "designs")
        found = self._try("plausible designs", designs, 0)
        region = Region(
            axes=AXES,
            designs=designs[: len(found)],
            found=found,
            points=sobol_places(len(AXES), 2**_LOG2_POINTS, self.seed, "points"),
            published=np.array(self.published, np.float64),
            half_unit=np.array(self.half_unit, np.float64),
            checked=np.zeros((0, 2)),
            n_images=len(self.labels),
            requested=n_designs,
            facts=dict(facts or {}),
        )
        draws = stream(self.seed, "region", "check").choice(len(region.points), n_checked, p=region.weights())
        checked = self._try("chips of the region", region.points[draws], n_designs)
        return replace(region, checked=checked, requested_checks=n_checked)

    def _try(self, stage: str, places: FloatArray, first_chip: int) -> FloatArray:
        """Accuracy in percent and input spikes (n, 2) of one virtual chip at each of `places`."""
        rows: list[FloatArray] = []
        try:
            for number, place in enumerate(places):
                self.progress(stage, number, len(places))
                rows.append(self._one(place, first_chip + number))
        except KeyboardInterrupt:
            if first_chip == 0 and len(rows) < 2 * (len(AXES) + 1) * (len(AXES) + 2) // 2:
                raise
        return np.array(rows).reshape(-1, 2)

    @cached_property
    def _trains(self) -> SpikeTrains:
        """Input spikes of the longest window; those of a shorter one are its beginning."""
        longest = next(axis.high for axis in AXES if axis.name == "window")
        return set_values(self.chip, {"coding.window": 1e-6 * longest}).rate_code().encode(self.values, self.seed)

    def _one(self, place: FloatArray, index: int) -> FloatArray:
        chip = chip_at(self.chip, place, self.age)
        aged = build(chip, self.network, name_key(self.seed, "region"), index).after(self.age)
        correct, spikes = tally([aged.program], first_ticks(self._trains, chip.n_ticks), self.labels)[0] / len(
            self.labels
        )
        return np.array([100.0 * correct, spikes])


def chip_at(chip: ChipSpec, place: FloatArray, age: float) -> ChipSpec:
    """The chip at a place (n_axes,) of the plausible box; all that has no axis stays as it is."""
    at = {axis.name: float(axis.value(part)) for axis, part in zip(AXES, place, strict=True)}
    noise = float(_HRS_NOISE.value(place[[axis.name for axis in AXES].index("read_noise")]))
    changes = {
        "cell.hrs.sigma_ln": at["hrs_sigma"],
        "cell.hrs.median": 1e3 * at["hrs_median"],
        "cell.lrs.sigma_ln": at["lrs_sigma"],
        "cell.stuck_lrs": at["stuck"] / 200.0,
        "cell.stuck_hrs": at["stuck"] / 200.0,
        "injectors.gain_mismatch_rel": at["gain"] / 100.0,
        "cell.lrs.read_noise_rel": at["read_noise"] / 100.0,
        "cell.hrs.read_noise_rel": noise / 100.0,
        "neuron.refractory": 1e-6 * at["refractory"],
        "coding.window": 1e-6 * at["window"],
        **_relaxation(chip, at["relaxation"], age),
    }
    return set_values(chip, changes)


def _relaxation(chip: ChipSpec, hrs_spread: float, age: float) -> dict[str, tuple[float, ...]]:
    """The chip's own course of relaxation, both states scaled so that HRS has spread by `hrs_spread` at `age`."""
    law = switched_on(chip.cell.relaxation)
    if law is None or age <= 0:
        return {}
    factor = hrs_spread / np.sqrt(law.hrs.variance_at(age))
    return {
        f"cell.relaxation.{name}.{part}": tuple(factor * value for value in getattr(state, part).value)
        for name, state in (("lrs", law.lrs), ("hrs", law.hrs))
        for part in ("drift", "spread")
    }


def first_ticks(trains: SpikeTrains, n_ticks: int) -> SpikeTrains:
    """The spikes before tick `n_ticks`, as trains of that window: encoder and link look only backwards."""
    kept = trains.ticks < n_ticks
    # An empty sample has no first spike to sum from; one spike more gives the last one a place.
    counts = np.add.reduceat(np.append(kept, False), trains.offsets[:-1], dtype=np.int64)
    counts[trains.counts() == 0] = 0
    return replace(
        trains,
        n_ticks=n_ticks,
        offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
        ticks=trains.ticks[kept],
        lines=trains.lines[kept],
        signs=trains.signs[kept],
    )


def sobol_places(n_axes: int, n: int, seed: int, name: str) -> FloatArray:
    """`n` evenly spread places (n, n_axes) in 0..1, scrambled by name."""
    from scipy.stats import qmc

    draws = stream(seed, "region", name)
    return np.asarray(qmc.Sobol(n_axes, scramble=True, seed=draws).random(n), np.float64)
