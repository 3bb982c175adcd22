"""The rows of the first claim: points lost to the quantised ANN, images decided otherwise."""

from __future__ import annotations

from spikecim.experiments.claims import Claim, claim_row
from spikecim.results.claims import CloseCalls, WindowCurve
from spikecim.results.findings import Row

SOURCE = "EMB: spikes carry what the formal network computes; the tolerance is this project's"


def loss_row(curve: WindowCurve, tolerance: float, slices: int, *, comparable: bool) -> Row:
    """Accuracy of the spiking network minus that of its quantised ANN, which may be `tolerance` points below 0."""
    steps = int(curve.steps[-1])
    return claim_row(
        Claim(
            id=f"loss_{curve.network}",
            quantity=f"{curve.network}: spiking minus quantised ANN, {steps} steps",
            value=-tolerance + 0.0,
            half_unit=0.05 if tolerance == 0 else 0.0,
            unit="points",
            source=SOURCE,
        ),
        curve.loss,
        f"conversion {curve.conversion}, ideal chip, {slices} cell group{'s' * (slices > 1)} a weight, "
        f"{curve.n_images:,} test images; {100 * curve.otherwise[-1]:.2f} % of them decided otherwise; the interval is "
        "that of another draw of as many images",
        comparable=comparable,
    )


def otherwise_row(close: CloseCalls, *, comparable: bool) -> Row:
    """Images of the perceptron that no window decides as the ANN does."""
    left = float(close.otherwise[-1])
    first = int(close.otherwise[0])
    return claim_row(
        Claim(
            id="decided_otherwise",
            quantity=f"perceptron: images decided otherwise, {int(close.steps[-1])} steps where needed",
            value=0.0,
            unit="images",
            source=SOURCE,
            at_least=False,
        ),
        (left, left, left),
        f"{first} at {int(close.steps[0])} steps: close calls, in which the ANN leads by at most "
        f"{close.largest_lead:.1f} output spikes; each was shown longer until decided alike, or to the end; "
        f"{close.ties} strict ties in the set",
        comparable=comparable,
    )
