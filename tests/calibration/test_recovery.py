"""Synthetic chips are recovered within the stated intervals, and what cannot be told is called so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.calibration import simulate as simulate_module
from spikecim.calibration.fit import Fitted
from spikecim.calibration.judge import Judged
from spikecim.calibration.simulate import FRESH, Simulated, simulate
from spikecim.calibration.trial import run_trial
from spikecim.errors import ParameterError, ResultFileError
from spikecim.results.calibration import DETERMINED, HOLDS, OPEN, Trial
from spikecim.results.calibration_data import calibration_json, calibration_rows, posterior_rows
from spikecim.study.pool import OneProcess
from tests.calibration.files import small, told

N_TRIAL = 40
HRS, GAIN, WINDOW = "cell.hrs.sigma_ln", "injectors.gain_mismatch_rel", "coding.window"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calibration")


@pytest.fixture(scope="module")
def simulated(folder: Path) -> Simulated:
    return simulate(small().study, folder, OneProcess(), N_TRIAL)


@pytest.fixture(scope="module")
def trial(simulated: Simulated) -> Trial:
    return run_trial(Fitted(small(), simulated))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say(trial: Trial) -> None:
    for row in trial.rows:
        # Nine in ten, with the error of so many chips; 3.5 of it for the six shares looked at.
        error = 3.5 * np.sqrt(HOLDS * (1 - HOLDS) / N_TRIAL)
        for path, covered in row.covered.items():
            assert abs(covered / N_TRIAL - HOLDS) < error, (row.set_name, path)
    inside = (trial.low <= trial.truth) & (trial.truth <= trial.high)
    assert inside.sum((1, 2)).tolist() == [sum(row.covered.values()) for row in trial.rows]


@pytest.mark.slow
def test_accuracy_and_spikes_do_not_tell_hrs_spread_and_programming_energy_does(trial: Trial) -> None:
    few, all_ = trial.rows
    assert few.set_name == "A"
    # A drawn chip is called open unless chance closes an end, one time in ten at each.
    assert few.verdicts[HRS].get(OPEN, 0) > 0.6 * N_TRIAL
    assert few.kept[HRS] > 0.9
    assert all_.verdicts[HRS].get(DETERMINED, 0) > 0.5 * N_TRIAL
    assert all_.kept[HRS] < 0.6 * few.kept[HRS]
    # The window is told by spikes, with either set.
    assert few.kept[WINDOW] < 0.8


@pytest.mark.slow
def test_a_chip_of_known_values_is_judged_and_written_down(simulated: Simulated, folder: Path) -> None:
    own = _measured(simulated, 0)
    found = Judged(Fitted(own, simulated), folder, OneProcess()).found()
    by_path = {parameter.path: parameter for parameter in found.parameters}
    assert set(by_path) == {HRS, GAIN, WINDOW}
    assert found.misfit_p > 0.001 and not found.contradicts
    for parameter in found.parameters:
        assert parameter.low <= parameter.interval[0] < parameter.interval[1] < parameter.interval[2] <= parameter.high
        assert parameter.low <= parameter.fitted <= parameter.high
        assert parameter.toml.startswith("[" if parameter.verdict == DETERMINED else "#")
        # Freeing the others never makes a parameter better known.
        assert (parameter.profile <= parameter.alone + 1e-6).all()
    for figure in found.figures:
        # Twenty fresh chips at the fitted values give the law's mean within their error and the law's.
        error = np.hypot(figure.chip_sd / np.sqrt(20), figure.surrogate_sd)
        assert abs(figure.checked - figure.fitted) < 5 * error, figure.name
    assert [entry.name for entry in found.sets] == ["A", "all"]
    assert found.sets[0].kept[HRS] > found.sets[1].kept[HRS]
    assert {entry.name for entry in found.further} == {"output_spikes", "chips"}
    assert all(entry.bits >= 0 for entry in found.further)
    kept = [direction.kept for direction in found.directions]
    assert kept == sorted(kept)
    text = json.dumps(calibration_json(found), allow_nan=False)
    assert json.loads(text)["parameters"][0]["verdict"] in text
    assert len(calibration_rows(found)) == 3
    assert sum(row["weight"] for row in posterior_rows(found)) == pytest.approx(1.0)


def _measured(simulated: Simulated, chip: int) -> object:
    """The small file with the figures of one fresh chip."""
    names = ("accuracy", "input_spikes", "programming_nj")
    figures = {
        name: {**told()["figures"][name], "value": float(value)}
        for name, value in zip(names, simulated.fresh[chip], strict=False)
    }
    return small(figures=figures)


@pytest.mark.slow
def test_chips_are_run_once_and_another_file_is_refused(
    simulated: Simulated, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a finished chip was run again")

    again = simulate(small().study, folder, OneProcess(work=never), N_TRIAL)  # type: ignore[arg-type]
    np.testing.assert_array_equal(again.found, simulated.found)
    np.testing.assert_array_equal(again.fresh, simulated.fresh)
    # A shorter trial is the beginning of a longer one.
    fewer = simulate(small().study, folder, OneProcess(work=never), 5)  # type: ignore[arg-type]
    np.testing.assert_array_equal(fewer.fresh, simulated.fresh[:5])
    # The value of a figure changes no chip, the bounds do.
    parameters = {**told()["parameters"], HRS: {"low": 0.5, "high": 1.4}}
    with pytest.raises(ResultFileError, match=r"cell.hrs.sigma_ln.low was 0.4, is 0.5"):
        simulate(small(parameters=parameters).study, folder, OneProcess())
    assert simulate_module.FRESH == FRESH == 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "input_spikes",
            4000,
            r"input_spikes = 4000 spikes is out of reach of all 192 simulated chips; the nearest reads",
        ),
        ("accuracy", 0.05, r"accuracy = 0.05 is out of reach"),
    ],
)
def test_a_figure_out_of_reach_is_refused_with_the_nearest(
    simulated: Simulated, name: str, value: float, words: str
) -> None:
    figures = told()["figures"]
    own = small(figures={**figures, name: {**figures[name], "value": value, "half_unit": 0.0005}})
    with pytest.raises(ParameterError, match=words):
        _ = Fitted(own, simulated).surrogate


@pytest.mark.slow
def test_a_figure_that_no_parameter_moves_is_refused(simulated: Simulated) -> None:
    still = replace(simulated, found=np.where(np.arange(4) == 1, 7.0, simulated.found))
    with pytest.raises(ParameterError, match="input_spikes is 7 spikes on every simulated chip"):
        _ = Fitted(small(), still).surrogate


@pytest.mark.slow
def test_other_images_add_their_sampling_error(simulated: Simulated) -> None:
    same, other = Fitted(small(), simulated), Fitted(small(measured={"chips": 1, "images": 600}), simulated)
    assert not same.image_noise.any()
    place = other.names.index("accuracy")
    accuracy = simulated.found[..., 0].mean()
    expected = accuracy * (1 - accuracy) * (1 / 600 + 1 / 150)
    # Blocks of four images on four chips give the variance of a share within a third.
    assert other.image_noise[place, place] == pytest.approx(expected, rel=0.35)
    # Programming happens before any image is seen.
    assert other.image_noise[other.names.index("programming_nj")].max() < 1e-20
