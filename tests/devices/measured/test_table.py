"""Reading measured CSV files: every form gives the same ohms, and what is wrong is told with its line and column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from spikecim.devices.measured import csv_text
from spikecim.devices.measured.table import FEWEST, Measured, read_measured
from spikecim.errors import SpikecimError

LOW = [5.0 + 0.01 * k for k in range(40)]
HIGH = [100.0 + k for k in range(35)]


def file(folder: Path, text: str | bytes) -> Path:
    path = folder / "cells.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def wide(
    head: str = "lrs_kohm,hrs_kohm", low: Sequence[object] | None = None, high: Sequence[object] | None = None
) -> str:
    low = LOW if low is None else low
    high = HIGH if high is None else high
    high = [*high, *[""] * (len(low) - len(high))]
    return "\n".join([head, *(f"{a},{b}" for a, b in zip(low, high, strict=True)), ""])


def long(head: str, low: str, high: str) -> str:
    rows = [low.format(k=k, v=v) for k, v in enumerate(LOW)] + [high.format(k=k, v=v) for k, v in enumerate(HIGH)]
    return "\n".join([head, *rows, ""])


def same(found: Measured) -> None:
    np.testing.assert_allclose(found.lrs.resistance, np.array(LOW) * 1e3, rtol=1e-12)
    np.testing.assert_allclose(found.hrs.resistance, np.array(HIGH) * 1e3, rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        wide(),
        wide("LRS (kohm),HRS (kohm)"),
        wide("lrs [kΩ],hrs [kΩ]"),
        wide().replace(",", ";"),
        wide().replace(",", "\t"),
        "\ufeff# measured on Monday\n" + wide().replace("\n", "\r\n"),
        wide("lrs,hrs", [f"{v} kohm" for v in LOW], [f"{v} kohm" for v in HIGH]),
        wide("lrs_mS,hrs_mS", [repr(1 / v) for v in LOW], [repr(1 / v) for v in HIGH]),
        long("state,resistance_kohm", "LRS,{v}", "hrs,{v}"),
        long("cell,state,resistance_kohm", "c{k},LRS,{v}", "c{k},hrs,{v}"),
    ],
)
def test_every_way_to_write_it_gives_the_same_ohms(tmp_path: Path, text: str) -> None:
    found = read_measured(file(tmp_path, text))
    assert (found.kind, found.file) == ("cells", "cells.csv")
    same(found)


def test_a_stated_unit_serves_headers_without_one(tmp_path: Path) -> None:
    same(read_measured(file(tmp_path, wide("lrs,hrs")), "kohm"))


def test_cycles_and_times_keep_their_cells(tmp_path: Path) -> None:
    rows = [f"{cell},{cycle},{state},{r + cell + cycle}" for cell in range(12) for cycle in range(4)
            for state, r in (("LRS", 5000), ("HRS", 90000))]  # fmt: skip
    found = read_measured(file(tmp_path, "\n".join(["cell,cycle,state,resistance_ohm", *rows])))
    assert (found.kind, found.lrs.n_cells, len(found.lrs.resistance)) == ("cycles", 12, 48)
    both = [f"{cell},{cycle},{5000 + cell},{90000 + cycle}" for cell in range(12) for cycle in range(4)]
    found = read_measured(file(tmp_path, "\n".join(["cell,cycle,lrs_ohm,hrs_ohm", *both])))
    assert (found.kind, found.hrs.n_cells, len(found.hrs.resistance)) == ("cycles", 12, 48)
    rows = [f"{cell},{state},{time},{r + cell}" for cell in range(30) for time in (0, 2)
            for state, r in (("LRS", 5000), ("HRS", 90000))]  # fmt: skip
    found = read_measured(file(tmp_path, "\n".join(["cell,state,time_min,resistance_ohm", *rows])))
    assert found.kind == "times"
    assert found.lrs.time is not None
    assert set(found.lrs.time) == {0.0, 120.0}


def changed(place: int, value: object) -> str:
    low: list[object] = list(LOW)
    low[place] = value
    return wide(low=low)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed(3, "five"), ("line 5", "'lrs_kohm'", "'five' is not a number")),
        (changed(3, -5), ("line 5", "'lrs_kohm'", "negative")),
        (changed(3, 0), ("line 5", "'lrs_kohm'", "must be above 0")),
        (changed(3, "inf"), ("line 5", "'lrs_kohm'", "infinite")),
        (changed(3, "1e999"), ("line 5", "'lrs_kohm'", "infinite")),
        (changed(3, "nan"), ("line 5", "'lrs_kohm'", "not a number")),
        (changed(3, "1_0"), ("line 5", "'1_0'")),
        (changed(3, ""), ("line 5", "'lrs_kohm'", "empty")),
        (changed(3, "1e12"), ("line 5", "outside 1 ohm .. 1 Tohm")),
        (wide().replace(",", ";").replace("5.03;", "5,03;"), ("line 5", "'5,03'", "decimal point")),
        (wide().replace("5.03,", "5,03,"), ("line 5", "3 fields", "header names 2")),
        (wide(low=LOW[: FEWEST - 1], high=HIGH[:10]), ("29 LRS", f"at least {FEWEST}")),
        (wide(high=HIGH[:10]), ("10 HRS", f"at least {FEWEST}")),
        (wide("hrs_kohm,lrs_kohm"), ("LRS median", "not below", "swapped")),
        (wide("lrs_uS,hrs_uS"), ("LRS median", "not below")),
        (wide("lrs,hrs"), ("'lrs' states no unit", "lrs_kohm", "--unit kohm")),
        (wide("lrs_kohm,hrs_ohm"), ("'lrs_kohm' and 'hrs_ohm'", "two units")),
        (wide("lrs_kohm,hrs_uS"), ("two units",)),
        (wide("lrs_kohm,hrs"), ("'hrs' states no unit while 'lrs_kohm' does", "both headers")),
        (wide().split("\n", 1)[1], ("line 1 holds values", "name the columns")),
        (changed(3, 5030), ("line 5", "1 value lies about 1,000 times off", "--unit")),
        (wide("lrs_kohms,hrs_kohms"), ("'lrs_kohms'", "'kohms' is unknown", "did you mean 'kohm'")),
        (wide("lrs_mohm,hrs_mohm"), ("unit 'mohm' is unknown",)),
        (wide("lrs_s,hrs_s"), ("unit 's' is unknown",)),
        (changed(3, "5030 ohm"), ("line 5", "'5030 ohm'", "one unit")),
        (wide("lrs,hrs", [f"{v} kohm" for v in LOW[:-1]] + ["5390 ohm"]), ("line 41", "'5390 ohm'", "in kohm")),
        (wide("lrs,hrs", [f"{v} kohm" for v in LOW[:-1]] + ["5.39"]), ("line 41", "'5.39'", "in kohm")),
        (wide("lrs,hrs", [*LOW[:-1], "5390 ohm"]), ("line 41", "'5390 ohm'", "without a unit")),
        (wide("lrs_kohm,lrs_ohm"), ("column 2", "'lrs_kohm' and 'lrs_ohm' are one quantity")),
        (wide("lrs_kohm,hsr_kohm"), ("column 2", "'hsr_kohm' is unknown", "did you mean 'hrs'")),
        (wide("lrs_kohm,cell"), ("do not tell LRS and HRS",)),
        (wide(low=[*LOW[:-3], 5370, 5380, 5390]), ("line 39", "3 values", "1,000 times", "--unit")),
        (long("state,resistance_kohm", "LRS,{v}", "MRS,{v}"), ("line 42", "'state'", "'mrs' is unknown")),
        (long("state,resistance_kohm", "LRS,{v}", "HRS,"), ("line 42", "'resistance_kohm'", "empty")),
        (long("state,resistance_kohm", "LRS,{v}", "LRS,{v}"), ("0 HRS", "too few")),
        (long("cell,state,resistance_kohm", "1,LRS,{v}", "{k},HRS,{v}"), ("line 3", "second LRS", "'1'", "cycle")),
        (long("cycle,state,resistance_kohm", "{k},LRS,{v}", "{k},HRS,{v}"), ("'cycle' needs a column 'cell'",)),
        (
            long("cell,cycle,time_s,state,resistance_kohm", "{k},1,1,LRS,{v}", "{k},1,1,HRS,{v}"),
            ("cycle and time together",),
        ),
        (long("cell,time,state,resistance_kohm", "{k},1,LRS,{v}", "{k},1,HRS,{v}"), ("'time' states no unit",)),
        (long("cell,time_s,state,resistance_kohm", "{k},-1,LRS,{v}", "{k},1,HRS,{v}"), ("line 2", "negative")),
        (
            long("state,resistance_kohm,conductance_uS", "LRS,{v},1", "HRS,{v},1"),
            ("resistance and conductance", "one quantity twice"),
        ),
        ("", ("is empty",)),
        ("\n\n", ("is empty",)),
        ("lrs_ohm,hrs_ohm\n", ("a header and no values",)),
        (b"PK\x03\x04\x00\x00binary", ("not text",)),
        (b"lrs_ohm,hrs_ohm\n\xff\xfe", ("not text",)),
        ('lrs_ohm,hrs_ohm\n"1,2\n', ("not a CSV file",)),
    ],
)
def test_bad_input_is_told_in_one_line(tmp_path: Path, text: str | bytes, words: tuple[str, ...]) -> None:
    path = file(tmp_path, text)
    with pytest.raises(SpikecimError) as failure:
        read_measured(path)
    told = str(failure.value)
    assert told.startswith(f"{path}: ")
    assert "\n" not in told
    for word in words:
        assert word in told, told


def test_a_stated_unit_answers_the_question_about_far_values(tmp_path: Path) -> None:
    text = wide("lrs,hrs", [*LOW[:-3], 5370, 5380, 5390])
    assert read_measured(file(tmp_path, text), "kohm").lrs.resistance.max() == 5390e3


def test_a_stated_unit_may_not_contradict_the_header(tmp_path: Path) -> None:
    with pytest.raises(SpikecimError, match="says kohm, but --unit says ohm"):
        read_measured(file(tmp_path, wide()), "ohm")
    with pytest.raises(SpikecimError, match="unit 'kohms' is unknown"):
        read_measured(file(tmp_path, wide("lrs,hrs")), "kohms")


def test_missing_and_huge_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SpikecimError, match="cannot be read"):
        read_measured(tmp_path / "gone.csv")
    with pytest.raises(SpikecimError, match="cannot be read"):
        read_measured(tmp_path)
    path = file(tmp_path, wide())
    monkeypatch.setattr(csv_text, "MAX_ROWS", 39)
    with pytest.raises(SpikecimError, match="more than 39"):
        read_measured(path)
    monkeypatch.setattr(csv_text, "MAX_BYTES", 100)
    with pytest.raises(SpikecimError, match="take a sample"):
        read_measured(path)
