"""Write energy: parts sum to the total, by hand at every end; every entry has a certificate; nothing for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikecim.chips import load_chip
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.write_energy import ENDS, WRITE_PARTS, WriteCounts, account_writes, write_file
from spikecim.parameters import walk

NOTHING = WriteCounts(set_pulses=0, reset_pulses=0, verify_reads=0)
SOME = WriteCounts(set_pulses=3, reset_pulses=2, verify_reads=5)


def test_parts_by_hand_sum_to_the_total() -> None:
    ledger = account_writes(SOME, write_file().table)
    raised = 3 * 40.0 + 2 * 40.0 + 5 * 4.5
    assert ledger.parts["lines"] == pytest.approx(22.5) and ledger.parts["verify"] == pytest.approx(1.5)
    assert ledger.parts["supply_loss"] == pytest.approx(raised * 1.5)
    assert ledger.total_pj == pytest.approx(2.5 * raised + 1.5)
    assert set(ledger.parts) == set(WRITE_PARTS)


def test_ends_are_in_order_and_every_entry_moves_the_total() -> None:
    table = write_file().table
    low, typical, high = (account_writes(SOME, table, end).total_pj for end in ENDS)
    assert low < typical < high
    for name, entry in walk(table):
        moved = table.model_copy(update={name: type(entry)(**{**vars(entry), "value": entry.value * 0.5})})
        assert account_writes(SOME, moved).total_pj != typical, name


def test_nothing_written_costs_nothing() -> None:
    assert [account_writes(NOTHING, write_file().table, end).total_pj for end in ENDS] == [0.0, 0.0, 0.0]
    with pytest.raises(ParameterError, match="negative"):
        WriteCounts(set_pulses=-1, reset_pulses=0, verify_reads=0)
    with pytest.raises(ParameterError, match="allowed: low, typical, high"):
        account_writes(SOME, write_file().table, "best")


def test_pulses_cost_what_the_cell_file_says() -> None:
    cell, table = load_chip("spirit").cell.programming, write_file().table
    assert table.set_pulse.value == cell.set_energy.value and table.reset_pulse.value == cell.reset_energy.value
    for name, entry in walk(table):
        assert entry.range is not None and entry.range[0] <= entry.value <= entry.range[1], name


def test_a_table_without_range_or_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    entry = '{ value = "1 pJ", range = ["0.5 pJ", "2 pJ"], status = "assumed", source = "mine" }'
    share = '{ value = 1.0, range = [0.5, 1.0], status = "assumed", source = "mine" }'
    names = ("set_pulse", "reset_pulse", "line_swing", "verify_read")
    text = 'title = "mine"\n[sources]\n[table]\n' + "\n".join(f"{name} = {entry}" for name in names)
    path.write_text(f"{text}\nsupply_efficiency = {share}\n")
    assert account_writes(SOME, write_file(path).table).total_pj == pytest.approx(15.0)
    for old, new, words in (
        (', range = ["0.5 pJ", "2 pJ"]', "", "no range"),
        (', source = "mine"', "", "source is missing"),
        ("reset_pulse", "reset_puls", "reset_pulse: missing"),
    ):
        path.write_text(f"{text}\nsupply_efficiency = {share}\n".replace(old, new))
        with pytest.raises(ParameterError, match=words) as caught:
            write_file(path)
        assert "mine.toml" in str(caught.value)
