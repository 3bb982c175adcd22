"""Runs and reports of energy for tests: small and made up, but of every kind that the report takes."""

from __future__ import annotations

from functools import cache

import numpy as np

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.explore.energy import energy_report
from spikecim.network import Network
from spikecim.results.energy_report import EnergyReport
from spikecim.results.run import RunResult
from tests.results.layered_runs import deep_run
from tests.results.runs import small_run


@cache
def spirit_run(n_samples: int = 24) -> RunResult:
    """A chip of SPIRIT's size on made-up images; it passes for the published task, so that draws can be anchored."""
    rng = np.random.default_rng(5)
    weights = rng.integers(-4, 5, (144, 10)).astype(np.int8)
    network = Network(weights=weights, name="net & <b>50 %</b>_1", notes={})
    emulator = Emulator(chip=load_chip("spirit"), network=network, seed=3, engine="event")
    labels = rng.integers(0, 10, n_samples)
    # Images that resemble the weights of their class, so that some are decided before time-out.
    images = np.clip(0.5 * rng.random((n_samples, 144)) + 0.12 * weights.T[labels], 0.0, 1.0)
    return emulator.run(images, labels, data="mnist test (made up)")


@cache
def report(draws: int = 400) -> EnergyReport:
    """Of one run with anchored draws."""
    return energy_report({"one & <i>only</i>": spirit_run()}, draws=draws, seed=1)


@cache
def reports() -> EnergyReport:
    """Of three runs side by side: anchored, layered, and with another number of images."""
    return energy_report({"spirit": spirit_run(), "deep": deep_run(), "small": small_run(5)}, draws=200, seed=1)
