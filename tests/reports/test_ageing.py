"""The figures of ageing show what the study found."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.reports.ageing import ageing_reads, ageing_times
from spikecim.reports.style import svg_of
from spikecim.results.ageing import Ageing, Course


@pytest.fixture
def found() -> Ageing:
    draws = np.random.default_rng(0)
    times = np.array([1.0, 3600.0, 31_557_600.0])

    def course(kelvin: float, amounts: np.ndarray) -> Course:
        n = len(amounts)
        return Course(
            kelvin=kelvin,
            amounts=amounts,
            accuracy=0.8 - 0.01 * np.arange(n)[:, None] + 0.01 * draws.random((n, 5)),
            input_spikes=130 + draws.random((n, 5)),
        )

    return Ageing(
        accuracy=np.full(5, 0.81),
        input_spikes=np.full(5, 131.0),
        times=(course(298.15, times), course(358.15, times)),
        reads=course(298.15, np.array([1e6, 8e8, 1e10])),
        n_samples=1000,
        row_reads_per_sample=4.0,
    )


def test_every_temperature_is_named_and_drawn(found: Ageing) -> None:
    figure = ageing_times(found)
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 3]
    np.testing.assert_allclose(lines[1].get_ydata(), 100 * np.median(found.times[1].accuracy, axis=1))
    text = svg_of(figure)
    for word in ("25 °C", "85 °C", "1 h", "fresh chips"):
        assert word in text


def test_reads_carry_the_published_bound_only_where_it_compares(found: Ageing) -> None:
    assert "800 M" in svg_of(ageing_reads(found, 800e6))
    assert "800 M" not in svg_of(ageing_reads(found, None))
