"""What a calibration file may say, and one clear line for all it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import spikecim
from spikecim.calibration.spec import ALL, read_calibration
from spikecim.errors import ParameterError
from tests.calibration.files import small, told

FIGURES = told()["figures"]
PARAMETERS = told()["parameters"]


def test_a_file_is_read_with_its_defaults() -> None:
    own = small()
    assert [figure.name for figure in own.figures] == ["accuracy", "input_spikes", "programming_nj"]
    accuracy = own.figure("accuracy")
    # Rounding to 1 % is off by a uniform draw of that width.
    assert (accuracy.value, accuracy.sd, accuracy.half_unit) == (0.8, pytest.approx(0.01 / 12**0.5), 0.005)
    assert own.figure("programming_nj").sd == 1.0
    assert own.study.metrics == ("accuracy", "input_spikes", "programming_nj", "output_spikes")
    assert own.study.split == "validation"
    assert (own.study.kind, own.study.points, own.study.n_chips) == ("sobol", 64, 3)
    assert own.sets == (("A", ("accuracy", "input_spikes")), (ALL, ("accuracy", "input_spikes", "programming_nj")))
    assert (own.n_chips, own.n_images) == (1, 0)
    assert own.describe()["measured"]["same_images"] is True


def test_further_figures_are_the_usual_ones_unless_named() -> None:
    raw = told()
    del raw["further"]
    own = small(**{key: raw[key] for key in ("figures",)}, further=[])
    assert own.further == ()
    from spikecim.calibration.spec import calibration_from

    usual = calibration_from(raw, "small.toml").further
    assert "output_spikes" in usual and "input_spikes@5" in usual
    assert not set(usual) & set(FIGURES)


def test_a_spread_over_chips_is_a_figure_too() -> None:
    figures = {**FIGURES, "accuracy": {**FIGURES["accuracy"], "spread": "2 %", "spread_half_unit": "0.5 %"}}
    own = small(figures=figures, measured={"chips": 12, "images": 10_000})
    assert (own.figure("accuracy").spread, own.n_chips, own.n_images) == (0.02, 12, 10_000)
    assert own.figure("accuracy").spread_sd == pytest.approx(0.01 / 12**0.5)


def figure(**changes: Any) -> dict[str, Any]:
    entry = {**FIGURES["input_spikes"], **changes}
    return {"figures": {**FIGURES, "input_spikes": {key: value for key, value in entry.items() if value is not None}}}


def parameter(entry: object, path: str = "coding.window") -> dict[str, Any]:
    return {"parameters": {**PARAMETERS, path: entry}}


BAD: list[tuple[dict[str, Any], str]] = [
    ({"figures": {}}, "[figures] is empty; give at least one figure"),
    ({"parameters": {}}, "[parameters] is empty; give at least one parameter"),
    ({"figures": {**FIGURES, "acuracy": FIGURES["accuracy"]}}, "'acuracy' is no metric; did you mean 'accuracy'?"),
    ({"figures": {**FIGURES, "accuracy@11": FIGURES["accuracy"]}}, "a margin after @ must be 1 .. 10"),
    (figure(value=None), "figures.input_spikes: value is missing"),
    (figure(value="136 pJ"), "figures.input_spikes: value: "),
    (figure(half_unit=None), "give either half_unit"),
    (figure(sd=1.0), "give either half_unit"),
    (figure(half_unit=-1), "half_unit is -1; allowed 0 or more"),
    (figure(source=None), "source is missing"),
    (figure(sourse="x"), "unknown key 'sourse'; did you mean 'source'?"),
    (figure(spread=3.0, spread_sd=0.1), "a spread takes two measured chips or more; measured.chips is 1"),
    ({"figures": {"accuracy": {"value": 84, "half_unit": 0.5, "source": "x"}}}, "an accuracy of 84 is none"),
    (parameter({"low": "2 ms", "high": "1 ms"}), "the range from 2 ms to 1 ms is empty"),
    (parameter({"low": "-5 us", "high": "1 ms"}), "'-5e-06 second' is out of range"),
    (parameter({"low": "1 us", "high": "2 us"}, "neuron.refractry"), "did you mean 'neuron.refractory'?"),
    (parameter(["1 ms", "2 ms"]), "calibration moves quantities without steps"),
    (parameter({"low": 1, "high": 4}, "weights.levels"), "calibration moves quantities without steps"),
    ({"base": {"chip": "spirit", "data": "digits", "split": "test"}}, "calibration takes training images only"),
    ({"base": {"chip": "spirit", "chips": 3}}, "did you mean 'design.chips'?"),
    ({"design": {"points": 10}}, "3 parameters take 20 designs or more"),
    ({"design": {"chips": 1}}, "design.chips is 1; allowed 2 .."),
    ({"design": {"points": "many"}}, "design.points must be a whole number"),
    ({"measured": {"chips": 1}}, "measured.images is missing"),
    ({"measured": {"chips": 0, "images": 10}}, "measured.chips is 0; allowed 1 .."),
    ({"measured": {"same_images": 1}}, "measured.same_images must be true or false"),
    ({"sets": {"A": ["acc"]}}, "sets.A: 'acc' is not in [figures]"),
    ({"sets": {"A": []}}, "sets.A must be a list of figures"),
    ({"sets": {ALL: ["accuracy"]}}, "[sets] must name lists of figures"),
    ({"further": ["accuracy"]}, "'accuracy' is measured already"),
    ({"further": "accuracy"}, "further must be a list of figures"),
    ({"schema": 2}, "reads schema = 1"),
    ({"figgures": {}}, "unknown key 'figgures'; did you mean 'figures'?"),
]


@pytest.mark.parametrize(("changes", "words"), BAD, ids=[words[:40] for _, words in BAD])
def test_bad_input_gets_one_clear_line(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        small(**changes)
    message = str(caught.value)
    assert words in message
    assert message.startswith("small.toml: ")
    assert "\n" not in message


def test_too_many_parameters_are_refused_with_the_limit() -> None:
    ends = {"low": "0.1 %", "high": "1 %"}
    paths = ["neuron.reset_error_rel", "cell.lrs.read_noise_rel", "cell.hrs.read_noise_rel", "cell.stuck_lrs"]
    own = {**PARAMETERS, **dict.fromkeys(paths, ends), "cell.stuck_hrs": ends, "coding.jitter_rel": ends}
    volts = {"low": "1 mV", "high": "9 mV"}
    own |= {"neuron.offset_sd": volts, "cell.lrs.sigma_ln": {"low": 0.1, "high": 0.2}}
    own |= {"neuron.refractory": {"low": "1 us", "high": "9 us"}, "coding.zero_rate_rel": ends}
    with pytest.raises(ParameterError, match=r"13 parameters are too many; allowed 1 \.\. 12"):
        small(parameters=own, design={"points": 512})


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="give `spirit` or the path of a calibration file"):
        read_calibration(tmp_path / "gone.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(ParameterError, match=r"bad.toml: is not valid TOML"):
        read_calibration(tmp_path / "bad.toml")


@pytest.mark.parametrize("name", ["spirit-published", "tell-apart"])
def test_the_files_of_the_documentation_can_be_read(name: str) -> None:
    path = Path(spikecim.__file__).parent.parent / "docs" / "calibrations" / f"{name}.toml"
    if not path.exists():
        pytest.skip("installed without its documentation")
    assert read_calibration(path).study.name == name
