"""Lines for a chip file: calibrated values with the figures they were fitted to, and what was not determined."""

from __future__ import annotations

from spikecim.calibration.spec import Calibration
from spikecim.results.calibration import DETERMINED
from spikecim.study.factors import SPECIAL, Factor
from spikecim.units import format_quantity

# Rows of the published table (experiments.published) that a figure is, so that a reproduction knows what was fitted.
ROWS = {
    "accuracy": "accuracy_chip",
    "input_spikes": "input_spikes_per_image",
    "core_pj_per_event": "energy_core_per_event_pj",
    "chip_pj_per_event": "energy_chip_per_event_pj",
}


def toml_line(calibration: Calibration, factor: Factor, value: float, verdict: str) -> str:
    """The line for one parameter; a comment where the figures do not determine it, or no chip file holds it."""
    study, names = calibration.study, [figure.name for figure in calibration.figures]
    text = format_quantity(value, factor.unit)
    about = f"{study.images or 'all'} training images of {study.data}, {study.points} x {study.n_chips} virtual chips"
    section, _, key = factor.path.rpartition(".")
    if factor.path in SPECIAL:
        return f"# {factor.path} = {text} ({verdict}); it is no entry of a chip file"
    if verdict != DETERMINED:
        low, high = (format_quantity(end, factor.unit) for end in (factor.low, factor.high))
        return f"# {factor.path} = {text} goes with the other values; of {low} .. {high} it is {verdict}"
    # A chip file names one row: the last figure that has one there.
    row = next((ROWS[name] for name in reversed(names) if name in ROWS), names[0])
    quoted = text if factor.unit == "dimensionless" else f'"{text}"'
    source = f"fitted to {', '.join(names)} by `spikecim calibrate` ({study.name}) on {about}"
    entry = f'value = {quoted}, status = "calibrated", fitted_to = "{row}", source = "{source}"'
    return f"[{section}]\n{key} = {{ {entry} }}"
