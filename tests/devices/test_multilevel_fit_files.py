"""Files of measured levels that cannot be fitted are told in one line; the command writes a device and a figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spikecim.cli import main
from spikecim.devices.measured.level_fit import fit_levels
from spikecim.devices.measured.levels import read_levels
from spikecim.errors import DataError, ParameterError
from tests.devices.measured.level_samples import N_LEVELS, add_curves, device, write_cells

HEAD = "target_uS,conductance_uS"
GOOD = "".join(f"{t},{t + 0.01 * k}\n" for t in (1, 2) for k in range(40))
CURVE = "".join(f",,{v},{v}\n" for v in (0.1, 0.2, 0.3, 0.4))


def cells(text: str, more: str) -> str:
    """`text` with a cell number and `more` behind each row."""
    return "".join(f"{row},{k}{more}\n" for k, row in enumerate(text.split()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("target_uS\n1\n", "column 'conductance' is missing"),
        (f"{HEAD}\n1,-1\n", "line 2, column 'conductance_uS': is negative"),
        (f"{HEAD}\n1,\n", "is empty"),
        (f"{HEAD}\n1,nan\n", "'nan' is not a number"),
        (f"{HEAD}\n1,inf\n", "'inf' is infinite"),
        (f"{HEAD}\n1,x\n", "'x' is not a number"),
        ("target_uS,conductance_S\n1,3\n2,4\n", "is above 1 S; is the unit right"),
        ("target,conductance_uS\n1,1\n", "states no unit"),
        ("target_uS,conductance_uA\n1,1\n", "unit 'uA' is unknown"),
        (f"{HEAD}\n" + "1,1\n" * 50, "one target only"),
        (f"{HEAD}\n" + "1,1\n" * 50 + "2,2\n", "target 1e-06 S was|target 2e-06 S was programmed 1 times; at least 30"),
        (f"{HEAD}\n" + "1,1\n" * 50 + "2,2\n" * 50, "all readings of each target are equal"),
        (f"{HEAD}\n" + GOOD.replace("2,2", "2,0"), "must follow their targets"),
        (f"{HEAD},time_s\n1,1,1\n", "needs a column 'cell'"),
        (f"{HEAD},cell,time_s\n1,1,1,-1\n", "is negative; give the time"),
        (f"{HEAD},cell,time_s\n1,1,1,\n2,2,2,1\n", "is empty; give the time"),
        (f"{HEAD},cell,time_s\n" + cells(GOOD, ",1"), "one time only"),
        (f"{HEAD},cell,time_s\n" + cells(GOOD, ",1") + "1,1,99,2\n", "have no reading at the first time"),
        (f"{HEAD},cell,time_s\n" + cells(GOOD, ",1") + "1,1,1,2\n", "programmed 1 times at 2 s; at least 30"),
        (f"{HEAD},cell,time_s\n" + cells(GOOD, ",1") + cells(GOOD, ",2"), "no reading differs from the first"),
        (f"{HEAD},cell,cycle\n1,1,,1\n", "is empty; write it in every row"),
        (f"{HEAD},cell,cycle\n" + cells(GOOD, ",1") + "1,1.3,1,2\n", "the split into cell and cycle needs 10 cells"),
        ("targets_uS,conductance_uS\n1,1\n", "did you mean 'target'"),
        (f"{HEAD},voltage_V\n1,1,1\n", "needs both columns, voltage_V and current_uA"),
        (f"{HEAD},voltage_V,current_uA\n1,1,1,1\n", "is told twice"),
        (f"{HEAD},voltage_V,current_uA\n1,,1,\n", "is empty; an I-V row has a voltage and a current"),
        (f"{HEAD},voltage_V,current_uA\n1,,1,-1\n", "flows against its voltage"),
        (f"{HEAD},voltage_V,current_uA\n{GOOD},,0,0\n", "have no voltage or no current"),
        (f"{HEAD},voltage_V,current_uA\n{GOOD},,0.1,1\n,,0.2,2\n", "I-V rows at 2 voltages"),
        (f"{HEAD},voltage_V,current_uA\n{GOOD}{CURVE}", "below the read voltage of 0.5 V"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((DataError, ParameterError), match=told) as fault:
        fit_levels(read_levels(path), read_voltage=0.5)
    assert "\n" not in str(fault.value) and "bad.csv" in str(fault.value)


def test_long_names_and_units_of_the_header(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = "".join(f"{t}000;{t + 0.01 * k};{k}\n" for t in (1, 2) for k in range(40))
    path.write_text("target_conductance [nS];conductance (uS);cell_id\n" + rows, encoding="utf-8")
    found = read_levels(path)
    assert found.levels == pytest.approx([1e-6, 2e-6])
    assert fit_levels(found).spread[0].value == pytest.approx(0.01 * 40 / 12**0.5, rel=0.02)


def test_a_drift_needs_a_time_to_count_from(tmp_path: Path) -> None:
    path = write_cells(tmp_path / "d.csv", device("pcm"), n=40, times=(0.0, 10.0)).path
    with pytest.raises(DataError, match="needs a first time after 0"):
        fit_levels(read_levels(path), drift_reference=0.0)


def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["spikecim", "device", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    add_curves(write_cells(tmp_path / "c.csv", device(), n=40, cycles=2).path, lambda v: v)
    code, out, err = run("fit-levels", "c.csv", "--json")
    assert code == 0 and "no repeated reads" in err and "wrote c.toml, c.png and c.svg" in err
    found = json.loads(out)
    assert len(found["spread"]) == len(found["goodness"]) == N_LEVELS
    assert found["iv"]["law"] == "linear" and found["relaxation"] is None and found["read_noise"] is None
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = run("fit-levels", "c.csv", "--keep", "iv", "--keep", "stuck", "--out", "kept.toml")
    assert code == 0 and "not told by the file: from hfo2-rram" in out
    code, out, _ = run("show", "c.toml", "--json")
    assert code == 0 and json.loads(out)["parameters"]["programming.spread"]["status"] == "measured"
    code, out, _ = run("show", "pcm")
    assert code == 0 and "published" in out and "drift.exponent" in out
    code, out, _ = run("list")
    assert code == 0 and "nominal" in out and "stt-mram" in out
    code, out, _ = run("library", "--json")
    assert code == 0 and len(json.loads(out)["devices"]) == 5
    for words, told in (
        (("fit-levels", "none.csv"), "cannot be read"),
        (("fit-levels", "c.csv", "--out", "c.txt"), "must end in .toml"),
        (("fit-levels", "c.csv", "--base", "hfo2-slc"), "two states of its own"),
        (("fit-levels", "c.csv", "--keep", "spread"), "--keep spread: is not one of"),
        (("fit-levels", "c.csv", "--time-law", "log"), "--time-law log: is not one of"),
        (("show", "pcm", "--out", "x.png"), "show draws no figure"),
        (("library", "pcn"), "did you mean 'pcm'"),
    ):
        code, out, err = run(*words)
        assert code == 2 and told in out + err and "Traceback" not in out + err
