"""An ageing as plain data: percentiles over chips at every age, every chip's own values beside them."""

from __future__ import annotations

from typing import Any

from spikecim.results.ageing import Ageing, Course, FloatArray
from spikecim.results.population import interval


def ageing_json(found: Ageing) -> dict[str, Any]:
    """Everything, in percent and input spikes per image."""
    return {
        "images": found.n_samples,
        "chips": found.n_chips,
        "fresh": _point(found.accuracy, found.input_spikes),
        "visible_loss_points": 100 * found.visible(),
        "reads_until_visible": found.reads_until_visible().tolist(),
        "reads_of_the_busiest_row_per_image": found.row_reads_per_sample,
        "over_time": [_course(course, "seconds") for course in found.times],
        "over_reads": _course(found.reads, "reads_of_every_row"),
    }


def _course(course: Course, amount: str) -> dict[str, Any]:
    return {
        "kelvin": course.kelvin,
        "points": [
            {amount: float(x), **_point(course.accuracy[k], course.input_spikes[k])}
            for k, x in enumerate(course.amounts)
        ],
    }


def _point(accuracy: FloatArray, spikes: FloatArray) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, values in (("accuracy_percent", 100 * accuracy), ("input_spikes", spikes)):
        low, median, high = interval(values)
        found[name] = {"low": low, "median": median, "high": high, "per_chip": values}
    return found
