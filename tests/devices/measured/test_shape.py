"""A measured shape: cells programmed from it have the quantiles of the sample, and quadrature knows their mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from spikecim.chips import load_chip, load_device
from spikecim.devices.measured.fit import fit_device
from spikecim.devices.measured.shape import N_KNOTS, measured_shape, normal_scores
from spikecim.devices.measured.write import device_toml
from spikecim.devices.oxram import SlcOxram
from tests.devices.measured.samples import BODY, body, measured

N = 200_000
SIGMAS = 5.0


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> tuple[SlcOxram, np.ndarray]:
    """A device with two humps in HRS, programmed as measured, and the ln R it came from."""
    rng = np.random.default_rng(0)
    high = np.log(np.where(rng.random(1000) < 0.4, 4e4, 3e5)) + 0.25 * rng.standard_normal(1000)
    fit = fit_device(measured(body(rng, 1000, BODY), high), empirical=True)
    path: Path = tmp_path_factory.mktemp("device") / "humps.toml"
    path.write_text(device_toml(fit, load_device("nominal"), "nominal", name="humps", verify=False))
    stuck = {"cell.stuck_lrs": 0.0, "cell.stuck_hrs": 0.0}
    return SlcOxram(spec=load_chip("spirit", {"cell.device": str(path), **stuck}).cell), high


def test_programmed_cells_have_the_quantiles_of_the_sample(device: tuple[SlcOxram, np.ndarray]) -> None:
    cell, sample = device
    log_r = np.log(cell.program(np.zeros(N, bool), 1, "cells").resistance)
    for share in (0.01, 0.1, 0.25, 0.6, 0.75, 0.9, 0.99):
        # Where the sample has its quantile at `share`, so must the cells, up to the binomial error of N cells and one
        # step of the sample, which the knots of the shape cannot resolve (a twentieth of a normal score).
        level = np.quantile(sample, share)
        knot = 0.05 * np.exp(-(ndtri(share) ** 2) / 2) / np.sqrt(2 * np.pi)
        error = SIGMAS * np.sqrt(share * (1 - share) / N) + knot + 1 / len(sample)
        assert (log_r < level).mean() == pytest.approx(share, abs=error)
    assert log_r.min() >= sample.min() - 1e-5
    assert log_r.max() <= sample.max() + 1e-5


@pytest.mark.parametrize("series", [0.0, 5e3])
def test_quadrature_knows_the_mean_conductance_of_the_shape(device: tuple[SlcOxram, np.ndarray], series: float) -> None:
    cell, _ = device
    for low, mean in zip((True, False), cell.mean_conductance(series), strict=True):
        found = 1 / (cell.program(np.full(N, low), 2, "cells").resistance + series)
        assert mean == pytest.approx(found.mean(), abs=SIGMAS * found.std() / np.sqrt(N))


def test_shape_is_a_quantile_function_around_the_median() -> None:
    y = np.random.default_rng(3).gamma(2.0, size=777)
    shape = np.array(measured_shape(y))
    assert len(shape) == N_KNOTS
    assert (np.diff(shape) >= 0).all()
    assert shape[N_KNOTS // 2] == pytest.approx(0.0, abs=1e-6)
    assert np.median(y) + y.std(ddof=1) * shape[[0, -1]] == pytest.approx([y.min(), y.max()], abs=1e-5)


def test_normal_scores_keep_the_order_and_are_symmetric() -> None:
    y = np.random.default_rng(4).standard_cauchy(101)
    scores = normal_scores(y)
    np.testing.assert_array_equal(np.argsort(scores), np.argsort(y))
    assert scores.sum() == pytest.approx(0.0, abs=1e-9)
