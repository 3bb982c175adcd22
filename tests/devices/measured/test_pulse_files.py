"""Files of pulse trains that cannot be fitted are told in one line; the commands write a device and a figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spikecim.devices.measured.pulse_fit import fit_trains
from spikecim.devices.measured.pulse_trains import read_trains
from spikecim.devices.pulsed.library import load_pulsed, pulsed_names
from spikecim.errors import DataError
from tests.cli.conftest import Command, assert_one_clear_line, spikecim  # noqa: F401
from tests.devices.measured.pulse_samples import made_trains, write_trains

HEAD = "cell,cycle,direction,pulse,conductance_uS"


def train(word: str, values: list[float], cell: str = "a") -> str:
    return "".join(f"{cell},1,{word},{pulse},{value}\n" for pulse, value in enumerate(values))


RISE = [1.0 + 10.0 * (1.0 - 0.8**k) for k in range(12)]
UP, DOWN = train("up", RISE), train("down", RISE[::-1])
GOOD = f"{HEAD}\n{UP}{DOWN}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        (f"{HEAD}\n", "holds a header and no values"),
        ("direction,pulse\nup,0\n", "column 'conductance' is missing"),
        ("cell,conductance_uS,pulse\na,1,0\n", "column 'direction' is missing"),
        ("direction,pulse,conductance\nup,0,1\n", "states no unit"),
        ("direction,pulse,conductance_kohm\nup,0,1\n", "unit 'kohm' is unknown"),
        ("direction,pulse,resistance_ohm\nup,0,1\n", "'resistance_ohm' is unknown"),
        (GOOD.replace("_uS", "_S"), "is above 1 S; is the unit right?"),
        (GOOD.replace("a,1,up,3,", "a,1,up,3,nan #"), "is not a"),
        (f"{HEAD}\na,1,up,0,nan\n", "'nan' is not a number"),
        (f"{HEAD}\na,1,up,0,inf\n", "is infinite"),
        (f"{HEAD}\na,1,up,0,-1\n", "is negative"),
        (f"{HEAD}\na,1,up,0,\n", "is empty; is the file cut off?"),
        (f"{HEAD}\na,1,up,,\n", "is empty; is the file cut off?"),
        (f"{HEAD}\na,1,up,1.5,1\n", "'1.5' is no whole number"),
        (f"{HEAD}\na,1,sideways,0,1\n", "'sideways' is no direction; write up or down"),
        (f"{HEAD}\n,1,up,0,1\n", "is empty; write it in every row"),
        (f"{HEAD}\n{UP}", "no row of depression"),
        (f"{HEAD}\n{train('up', RISE[:5])}{DOWN}", "5 readings a train are too few for its curve; at least 11"),
        (GOOD[: GOOD.rindex("a,1,down,10")] + train("down", RISE[::-1], "b"), "is the file cut off"),
        (GOOD + "a,1,up,3,1\n", "pulse 3 of this train stands here twice"),
        (GOOD.replace(UP, UP.replace("a,1,up,4,", "a,1,up,40,")), "a reading is missing"),
        (f"{HEAD}\n{train('down', RISE)}{train('up', RISE[::-1])}", "are the directions swapped?"),
        (f"{HEAD}\n{train('up', [1.0] * 12)}{DOWN}", "potentiation does not raise the conductance"),
        (
            f"{HEAD}\n{train('up', [1.0] + [11.0 + 1e-6 * k for k in range(60)])}{DOWN}",
            "steps lie inside the window, clear of its noise",
        ),
    ],
)
def test_a_file_that_cannot_be_fitted_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as raised:
        fit_trains(read_trains(path))
    assert "\n" not in str(raised.value)
    assert "bad.csv" in str(raised.value)
    assert any(part in str(raised.value) for part in told.split("|")), str(raised.value)


def test_words_for_directions_and_units_are_read_alike(tmp_path: Path) -> None:
    plain, other = tmp_path / "a.csv", tmp_path / "b.csv"
    plain.write_text(GOOD, encoding="utf-8")
    text = GOOD.replace("conductance_uS", "Conductance [S]").replace(",up,", ",LTP,").replace(",down,", ",-,")
    lines = [line.rsplit(",", 1) for line in text.splitlines()[1:]]
    scaled = "".join(f"{front},{float(value) * 1e-6!r}\n" for front, value in lines)
    other.write_text(f"{text.splitlines()[0]}\n{scaled}", encoding="utf-8")
    one, two = (fit_trains(read_trains(path)) for path in (plain, other))
    assert one.up.label.value == pytest.approx(two.up.label.value, rel=1e-9)


def test_fit_pulses_writes_a_device_and_a_figure(spikecim: Command, tmp_path: Path) -> None:  # noqa: F811
    device = load_pulsed("+3/-4@24", {"noise.cycle_to_cycle": 0.01, "spread.device_to_device": 0.4})
    write_trains(made_trains(device, cells=6, cycles=2), tmp_path / "mine.csv")
    done = spikecim("device", "fit-pulses", "mine.csv", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["potentiation"]["nonlinearity"]["low"] < found["potentiation"]["nonlinearity"]["high"]
    assert all((tmp_path / f"mine.{kind}").stat().st_size > 1000 for kind in ("toml", "png", "svg"))
    shown = spikecim("device", "pulses", "mine.toml", "--json")
    assert json.loads(shown.stdout)["devices"][0]["pull"] == pytest.approx(found["pull"])


def test_pulses_lists_every_device_with_point_and_pull(spikecim: Command) -> None:  # noqa: F811
    done = spikecim("device", "pulses", "--json")
    devices = json.loads(done.stdout)["devices"]
    assert [one["name"] for one in devices] == pulsed_names()
    by_name = {one["name"]: one for one in devices}
    # insitu reference: symmetric point of Ag:a-Si at w = -0.326.
    assert 2 * by_name["ag-a-si"]["symmetric_point"] - 1 == pytest.approx(-0.326, abs=1e-3)
    assert by_name["ideal"]["symmetric_point"] is None
    table = spikecim("device", "pulses", "ag-a-si", "+4/-4")
    assert "0.337 (-0.33)" in table.stdout and "6.8 %" in table.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pulses", "ag-a"), "did you mean 'ag-a-si'?"),
        (("pulses", "+12/-4"), "nonlinearity 12 is out of range"),
        (("pulses", "ideal", "--out", "x.pdf"), "must end in .png"),
        (("fit-pulses", "none.csv"), "cannot be read"),
        (("fit-pulses", "good.csv", "--name", "a/b"), "--name 'a/b': give a name of one line, without /"),
        (("fit-pulses", "good.csv", "--name", " "), "--name ' ': give a name"),
        (("fit-pulses", "good.csv", "--kind", "law"), "--kind law: is not one of curve, table"),
        (("fit-pulses", "good.csv", "--out", "x.csv"), "a device file must end in .toml"),
        (("fit-pulses", "good.csv", "--base", "nominal"), "pulsed device 'nominal' is unknown"),
        (("fit-pulses", "good.csv", "--kind", "table"), "steps are too few for a table"),
    ],
)
def test_a_wrong_call_is_one_clear_line(
    spikecim: Command,  # noqa: F811
    tmp_path: Path,
    words: tuple[str, ...],
    told: str,
) -> None:
    (tmp_path / "good.csv").write_text(GOOD, encoding="utf-8")
    assert_one_clear_line(spikecim("device", *words), told)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.csv"]
