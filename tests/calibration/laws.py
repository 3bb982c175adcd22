"""Laws of figures that are known exactly, for tests of what is worked out from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.evidence import Evidence
from spikecim.calibration.scale import PLAIN, Scale
from spikecim.calibration.surrogate import Link, Surrogate


def linear(slopes: NDArray[np.float64], sd: NDArray[np.float64], lack: float = 0.0) -> Surrogate:
    """Figures that are ``slopes @ x`` of parameters x in -1..1, each with its own `sd`."""
    n_figures, n_parameters = slopes.shape
    links = tuple(
        Link(
            degree=1,
            mean=np.concatenate([[0.0], slopes[row]]),
            follow=np.zeros((row, 1 + n_parameters)),
            log_variance=np.concatenate([[np.log(sd[row] ** 2 + lack)], np.zeros(n_parameters)]),
            lack=lack,
            error=float(sd[row]),
            chips=float(sd[row]),
        )
        for row in range(n_figures)
    )
    return Surrogate(
        names=tuple(f"figure{row}" for row in range(n_figures)),
        scales=(Scale(kind=PLAIN, floor=0.0),) * n_figures,
        links=links,
        variance_degree=1,
        explained=(1.0,) * n_figures,
        reached=np.tile([-9.0, 9.0], (n_figures, 1)),
    )


def seen(*values: float, sd: float = 1e-6, n_chips: int = 1) -> Evidence:
    """Evidence of the first figures, in order."""
    size = len(values)
    return Evidence(
        columns=list(range(size)),
        values=np.array(values),
        noise=np.eye(size) * sd**2,
        n_chips=n_chips,
        spread_of=[],
        spreads=np.zeros(0),
        spread_noise=np.zeros(0),
    )
