"""Fitting multi-level cells: made cells give back what made them, and a fitted device shows the same again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spikecim.arrays.analog.nonlinearity import law_of
from spikecim.arrays.crossbar.cell_law import PolynomialLaw, SinhLaw
from spikecim.devices.level_spec import LevelIv
from spikecim.devices.library import load_device
from spikecim.devices.measured.level_fit import LevelFit, fit_levels
from spikecim.devices.measured.level_goodness import told_apart
from spikecim.devices.measured.level_write import level_toml
from spikecim.devices.measured.levels import LevelReadings, read_levels
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.errors import ParameterError
from spikecim.parameters import read_section
from tests.devices.measured.level_samples import N_LEVELS, FloatArray, Sample, add_curves, device, write_cells

STATES = np.linspace(0.0, 1.0, N_LEVELS)
DAY = 86_400.0


def by_state(table: object, name: str) -> FloatArray:
    """Parameter `name` of a device table at the levels of the sample."""
    return np.interp(STATES, table.states.value, getattr(table, name).value)  # type: ignore[attr-defined]


def loaded(fit: LevelFit, base: MultiLevelCell, folder: Path) -> MultiLevelCell:
    path = folder / "mine.toml"
    path.write_text(level_toml(fit, base.spec, name="mine"), encoding="utf-8")
    mine = load_device(path)
    assert isinstance(mine, MultiLevelCell)
    return mine


@pytest.fixture(scope="module")
def cycled(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    cell = device(stuck__share_low="5 %", stuck__share_high="4 %", stuck__rail_high="60 uS")
    return write_cells(tmp_path_factory.mktemp("cycled") / "c.csv", cell, cycles=3, reads=2)


@pytest.fixture(scope="module")
def fitted(cycled: Sample) -> LevelFit:
    return fit_levels(read_levels(cycled.path))


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    cell = device(stuck__share_low="0 %", stuck__share_high="0 %", window__g_min="15 uS", window__g_max="55 uS")
    return write_cells(tmp_path_factory.mktemp("walked") / "t.csv", cell, times=(1e-3, DAY, 2 * DAY))


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    cell = device("pcm")
    return write_cells(tmp_path_factory.mktemp("drifted") / "d.csv", cell, reads=3, times=(0.0, 100.0, 1e4, 1e6))


def test_spread_is_that_of_programming_alone(cycled: Sample, fitted: LevelFit) -> None:
    truth = by_state(cycled.cell.spec.programming, "spread")
    found = np.array([one.value for one in fitted.spread])
    # Standard error of a standard deviation over n cells: sd / sqrt(2 n); more cycles only help. The lowest level also
    # holds cells stuck at HRS, 2.3 % of the window below, which nobody can tell from it.
    low = float((cycled.stuck[0] == -1).mean())
    truth[0] = np.sqrt(truth[0] ** 2 + low * (0.9 / 39.0) ** 2)
    assert (np.abs(found - truth) < 5 * truth / np.sqrt(2 * cycled.n)).all()
    assert all(one.low < one.value < one.high for one in fitted.spread)


def test_share_of_the_cell_comes_back(cycled: Sample, fitted: LevelFit) -> None:
    assert fitted.share is not None
    # Three times its own 90 % interval: about five standard errors.
    half = (fitted.share.high - fitted.share.low) / 2
    assert abs(fitted.share.value - cycled.cell.spec.programming.cell_share.value) < 3 * half < 0.3


def test_read_noise_comes_back(cycled: Sample, fitted: LevelFit) -> None:
    assert fitted.read is not None
    truth = by_state(cycled.cell.spec.read, "noise_rel")
    # One degree of freedom for each of three programmings of a cell; noise itself varies with the state within a level.
    error = 5 / np.sqrt(2 * 3 * cycled.n) + 0.03
    assert np.abs(fitted.read.at(STATES) / truth - 1).max() < error


def test_stuck_cells_are_found_one_by_one(cycled: Sample, fitted: LevelFit) -> None:
    stuck = fitted.stuck
    assert stuck is not None
    for side, state, rail in ((stuck.low, -1, 0.1e-6), (stuck.high, 1, 60e-6)):
        telling = side.cells // cycled.n
        levels = slice(N_LEVELS - telling, None) if state < 0 else slice(0, telling)
        assert side.cells == telling * cycled.n and telling >= 3
        assert side.stuck == (cycled.stuck[levels] == state).sum() > 0
        assert side.share.low < side.share.value < side.share.high
        assert side.rail == pytest.approx(rail, rel=0.05)


def test_every_level_is_held_against_the_fit(fitted: LevelFit) -> None:
    for one in fitted.goodness:
        # Two stages of analysis give back the plain standard deviation of the readings.
        assert one.fitted == pytest.approx(one.seen, rel=0.02)
        assert abs(one.beyond - 0.0455) < 5 * np.sqrt(0.0455 / one.n)
    assert min(one.p_value for one in fitted.goodness[1:] if one.p_value is not None) > 1e-4


def test_relaxation_comes_back(walked: Sample) -> None:
    found, law = fit_levels(read_levels(walked.path)).walk, walked.cell.spec.relaxation
    assert found is not None and law is not None
    # 0.084 of the window after a day at the level that moves most.
    assert np.allclose(found.spread, [0.0836, 0.0842], atol=5 * 0.084 / np.sqrt(2 * walked.n))
    assert np.allclose(found.shift, 0.0, atol=5 * 0.084 / np.sqrt(walked.n))
    profile = by_state(law, "profile")
    assert np.allclose(found.profile, profile / profile.max(), atol=5 * np.sqrt(2) / np.sqrt(2 * walked.n))
    assert (np.abs(found.residual) < 5 * found.error).all()


def test_drift_and_cells_cut_at_zero_come_back(drifted: Sample) -> None:
    fit = fit_levels(read_levels(drifted.path), drift_reference=20.0)
    found, law = fit.drift, drifted.cell.spec.drift
    assert found is not None and law is not None and fit.walk is None and found.reference == 20.0
    means, spreads = by_state(law, "exponent"), by_state(law, "exponent_spread")
    # State 0 is half cut at 0, and its reads err by 30 %: too little is left for a tight test.
    assert np.allclose([one.value for one in found.exponent][1:], means[1:], atol=5 * 0.015 / np.sqrt(drifted.n))
    seen = np.array([one.value for one in found.exponent_spread])
    # The slope errs by about 0.4 of a read's noise (2 to 6 %) over three reads and ln 5e4: below the spread itself.
    assert (np.abs(seen - spreads)[2:] < 8 * spreads[2:] / np.sqrt(2 * drifted.n)).all()
    assert np.abs(found.residual[:, 1:]).max() < 0.02
    # A normal law cut at its centre: kurtosis 5.4, so the standard error of its sd is sqrt(4.4 / 4 n).
    truth = drifted.cell.spec.programming.spread.value[0]
    assert abs(fit.spread[0].value - truth) < 5 * truth * np.sqrt(4.4 / (4 * drifted.n))


@pytest.mark.parametrize("law", ["linear", "sinh", "polynomial", "table"])
def test_the_iv_law_comes_back(tmp_path: Path, walked: Sample, law: str) -> None:
    made = {
        "linear": lambda v: v,
        "sinh": lambda v: SinhLaw(v0=0.3).evaluate(v)[0],
        "polynomial": lambda v: PolynomialLaw(a3=-0.4).evaluate(v)[0],
        "table": lambda v: np.sign(v) * np.where(np.abs(v) < 0.25, np.abs(v), 3 * np.abs(v) - 0.5),
    }[law]
    path = write_cells(tmp_path / "iv.csv", walked.cell, n=30).path
    add_curves(path, made)
    fit = fit_levels(read_levels(path), read_voltage=0.2)
    assert fit.iv is not None and fit.iv.law == law
    assert fit.iv.residual == pytest.approx(0.01, rel=5 / np.sqrt(2 * 200))
    truth = {"sinh": 0.3, "polynomial": -0.4}.get(law)
    if truth is not None:
        assert fit.iv.parameter is not None
        half = (fit.iv.parameter.high - fit.iv.parameter.low) / 2
        assert abs(fit.iv.parameter.value - truth) < 3 * half < 0.1 * abs(truth)
    mine = loaded(fit, walked.cell, tmp_path)
    found, volts = law_of(mine.iv, mine.read_voltage), np.linspace(0.05, 0.5, 10)
    wanted = made(volts) / made(np.array(0.2)) * 0.2
    assert np.allclose(volts if found is None else found.evaluate(volts)[0], wanted, rtol=0.02)


def test_the_fitted_device_shows_the_same_again(cycled: Sample, fitted: LevelFit, tmp_path: Path) -> None:
    mine = loaded(fitted, cycled.cell, tmp_path)
    n = 4000
    for level, judged in zip(fitted.series.levels, fitted.goodness, strict=True):
        made = mine.program(np.full(n, level), 0, "again", float(level).hex())
        free = made.conductance[made.stuck == 0]
        # A file has the mean of two reads.
        shown = np.hypot(free.std(), mine.read_sd(np.array(level)) / np.sqrt(2)) / fitted.series.window
        assert shown == pytest.approx(judged.seen, rel=0.02 + 5 / np.sqrt(2 * n))
    again = [mine.program(np.full(n, 30e-6), 0, "share", cycle=cycle, stuck=False).conductance for cycle in (0, 1)]
    assert fitted.share is not None and fitted.stuck is not None
    assert np.corrcoef(again[0], again[1])[0, 1] == pytest.approx(fitted.share.value, abs=5 / np.sqrt(n))
    assert mine.stuck_shares == pytest.approx((fitted.stuck.low.share.value, fitted.stuck.high.share.value), rel=1e-5)
    assert mine.rails == pytest.approx((fitted.stuck.low.rail, fitted.stuck.high.rail), rel=1e-6)
    assert mine.levels == fitted.apart


def test_the_fitted_device_ages_as_the_cells_did(walked: Sample, drifted: Sample, tmp_path: Path) -> None:
    fit = fit_levels(read_levels(walked.path))
    assert fit.walk is not None
    mine = loaded(fit, walked.cell, tmp_path)
    cells = mine.program(np.full(4000, 35e-6), 0, "a", stuck=False)
    change = mine.at(cells, float(fit.walk.times[-1]), 0, "a").conductance - cells.conductance
    assert change.std() / 40e-6 == pytest.approx(fit.walk.seen_spread[-1, 2], rel=0.05 + 5 / np.sqrt(8000))
    fit = fit_levels(read_levels(drifted.path), drift_reference=20.0)
    mine = loaded(fit, drifted.cell, tmp_path)
    assert mine.spec.relaxation is None and mine.spec.drift is not None
    cells = mine.program(np.full(4000, 18.75e-6), 0, "a", stuck=False)
    change = np.log(mine.at(cells, 1e6, 0, "a").conductance / cells.conductance)
    assert fit.drift is not None and change.mean() == pytest.approx(fit.drift.seen[-1, 3], abs=0.02)


def test_what_the_file_does_not_tell_is_from_the_base_and_says_so(walked: Sample, tmp_path: Path) -> None:
    mine = loaded(fit_levels(read_levels(walked.path), keep=("stuck", "time")), walked.cell, tmp_path)
    spec, base = mine.spec, walked.cell.spec
    assert spec.programming.spread.status == spec.window.g_max.status == "measured"
    assert "t.csv" in spec.sources and spec.programming.spread.source.startswith("t.csv")
    assert spec.read.noise_rel.value == base.read.noise_rel.value
    assert spec.read.noise_rel.status == "proxy" and spec.read.noise_rel.source.startswith("from hfo2-rram (proxy): ")
    assert spec.stuck.share_low.value == base.stuck.share_low.value and spec.relaxation is not None
    assert spec.relaxation.spread.source.startswith("from hfo2-rram (derived): ")
    assert spec.programming.cell_share.status == "assumed"


def test_a_table_law_needs_as_many_currents_as_volts() -> None:
    said = {"status": "measured", "source": "-"}
    law = {"law": {"value": "table", **said}, "volts": {"value": ["0.1 V", "0.2 V", "0.3 V"], **said}}
    with pytest.raises(ParameterError, match="currents is missing"):
        read_section(LevelIv, law, "here")
    with pytest.raises(ParameterError, match="as many values each"):
        read_section(LevelIv, law | {"currents": {"value": [0.2, 1.0], **said}}, "here")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nor-flash", "stt-mram"])
def test_intervals_hold_the_truth_nine_times_in_ten(name: str) -> None:
    cell, files = device(name), 100
    held: list[bool] = []
    shares = 0
    for seed in range(files):
        fit = fit_levels(made_readings(cell, seed))
        rules = cell.spec.programming
        truth = np.interp(fit.states, rules.states.value, rules.spread.value)
        # A level that does not spread at all is measured as 0.
        held += [one.holds(value) for one, value in zip(fit.spread, truth, strict=True) if value]
        assert fit.share is not None
        shares += fit.share.holds(rules.cell_share.value)
    for found, n in ((np.mean(held), len(held)), (shares / files, files)):
        assert abs(found - 0.9) < 4 * np.sqrt(0.09 / n) + 0.01


def made_readings(cell: MultiLevelCell, seed: int) -> LevelReadings:
    """60 cells for each of the levels a file would have, three cycles, two reads each."""
    target = np.repeat(np.linspace(cell.g_min, cell.g_max, min(4, cell.levels)), 60)
    rng, number = np.random.default_rng(seed), np.arange(len(target))
    fresh = [cell.program(target, seed, "cover", cycle=cycle).conductance for cycle in range(3)]
    reads = [np.maximum(0.0, g + cell.read_sd(g) * rng.standard_normal(g.shape)) for g in fresh for _ in range(2)]
    return LevelReadings(
        file="made.csv",
        digest="0",
        target=np.tile(target, 6),
        conductance=np.concatenate(reads),
        cell=np.tile(number, 6),
        cycle=np.repeat(np.arange(3), 2 * len(target)),
        time=None,
        iv=None,
    )


def test_levels_told_apart() -> None:
    means = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    assert told_apart(means, np.full(5, 0.0625)) == 5
    assert told_apart(means, np.full(5, 0.0626)) == 3
    assert told_apart(means, np.full(5, 0.3)) == 1
    # A level of wide spread is left out for its two neighbours.
    assert told_apart(np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.2, 0.1])) == 2
    assert told_apart(np.array([0.0, 0.4, 0.5, 0.9]), np.array([0.05, 0.15, 0.05, 0.05])) == 3
