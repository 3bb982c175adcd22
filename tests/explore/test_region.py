"""The search for the published numbers: designs lie in the box and make the chips they name, every time the same."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.experiments.material import material, network_for
from spikecim.explore.causes import set_values
from spikecim.explore.region import AXES, RegionSearch, chip_at, first_ticks, sobol_places
from spikecim.results.region import Region

CHIP = load_chip("spirit")
HOUR = 3600.0


def search(**changes: object) -> RegionSearch:
    test = material(CHIP, "digits", "test", limit=40)
    settings = {
        "chip": CHIP,
        "network": network_for(CHIP, "digits"),
        "values": test.values,
        "labels": test.labels,
        "age": HOUR,
        "published": (84.0, 136.0),
        "half_unit": (0.5, 0.5),
    }
    return RegionSearch(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found() -> Region:
    return search().run(128, 4)


def test_the_ends_of_an_axis_are_the_ends_of_its_range() -> None:
    for axis in AXES:
        np.testing.assert_allclose(axis.value(np.array([0.0, 1.0])), [axis.low, axis.high])
    middle = np.full(len(AXES), 0.5)
    chip = chip_at(CHIP, middle, HOUR)
    assert chip.cell.hrs.median.value == pytest.approx(1e3 * np.sqrt(90 * 1000))
    assert chip.coding.window.value == pytest.approx(912e-6)
    assert chip.cell.stuck_lrs.value + chip.cell.stuck_hrs.value == pytest.approx(0.0125)


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.85])
def test_the_relaxation_axis_is_the_spread_at_that_age(spread: float) -> None:
    place = np.full(len(AXES), 0.5)
    number = [axis.name for axis in AXES].index("relaxation")
    place[number] = spread / AXES[number].high
    law = chip_at(CHIP, place, HOUR).cell.relaxation
    own = CHIP.cell.relaxation
    assert law is not None and own is not None
    assert np.sqrt(law.hrs.variance_at(HOUR)) == pytest.approx(spread, abs=1e-12)
    factor = spread / np.sqrt(own.hrs.variance_at(HOUR))
    assert law.lrs.drift_at(HOUR) == pytest.approx(factor * own.lrs.drift_at(HOUR))


def test_every_design_is_a_chip_that_can_be_built() -> None:
    network = network_for(CHIP, "digits")
    for place in [np.zeros(len(AXES)), np.ones(len(AXES)), *sobol_places(len(AXES), 8, 0, "designs")]:
        build(chip_at(CHIP, place, HOUR), network, 0).after(HOUR)


def test_the_beginning_of_long_trains_is_the_short_ones() -> None:
    values = material(CHIP, "digits", "test", limit=20).values
    values[[0, 7, 8, 19]] = 0.0  # samples without a spike
    long, short = (
        set_values(CHIP, {"coding.window": ticks * 1e-6}).rate_code().encode(values, 3) for ticks in (1440, 500)
    )
    cut = first_ticks(long, 500).check()
    assert cut.n_ticks == short.n_ticks
    for name in ("offsets", "ticks", "lines", "signs"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(short, name))


def test_a_design_is_what_the_chip_at_its_place_does(found: Region) -> None:
    one = search()
    place = found.designs[5]
    chip = chip_at(CHIP, place, HOUR)
    np.testing.assert_array_equal(found.found[5], one._one(place, 5))
    assert chip.n_ticks == round(float(AXES[-1].value(place[-1:])[0]))


def test_same_seed_same_region(found: Region) -> None:
    again = search().run(128, 4)
    np.testing.assert_array_equal(found.found, again.found)
    np.testing.assert_array_equal(found.checked, again.checked)
    assert found.checked.shape == (4, 2)


def test_an_early_interrupt_is_passed_on_and_a_late_one_keeps_the_designs() -> None:
    def stop_at(number: int) -> object:
        def stop(stage: str, done: int, total: int) -> None:
            if done == number:
                raise KeyboardInterrupt

        return stop

    with pytest.raises(KeyboardInterrupt):
        search(progress=stop_at(3)).run(128, 1)
    kept = search(progress=stop_at(120)).run(128, 1)
    assert (len(kept.found), len(kept.designs), kept.requested) == (120, 120, 128)
