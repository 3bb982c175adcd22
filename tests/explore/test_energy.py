"""The energy report against the ledger it is made of, and its laws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.errors import ParameterError, ResultFileError
from spikecim.experiments.published import PUBLISHED
from spikecim.explore.energy import energy_report, report_files
from spikecim.explore.energy_doubt import doubt_of
from spikecim.explore.energy_links import options_of, terms_with, wire_entry
from spikecim.explore.energy_sources import AnyRun, source_of
from spikecim.results.hdf5 import save_run
from spikecim.results.layered_hdf5 import save_layered_run
from tests.explore.energies import report, reports, spirit_run
from tests.results.layered_runs import deep_run
from tests.results.runs import run_of, small_run


def test_scopes_are_those_of_the_ledger() -> None:
    run, (found,) = spirit_run(), report().runs
    for reading in ("per-synaptic-event", "per-input-spike"):
        ledger = run.ledger(reading=reading)
        for scope in ("core", "chip"):
            one, nj = found.scope(scope, reading), ledger.per_sample(scope) / 1000
            assert one.nj.mean == pytest.approx(nj.mean(), rel=1e-12)
            assert (one.nj.p5, one.nj.median, one.nj.p95) == pytest.approx(np.percentile(nj, [5, 50, 95]), rel=1e-12)
            assert one.pj_per_event is not None and one.pj_per_spike is not None
            assert one.pj_per_event.mean == pytest.approx(ledger.per_synaptic_event_pj(scope), rel=1e-12)
            assert one.pj_per_spike.mean == pytest.approx(ledger.per_input_spike_pj(scope), rel=1e-12)


def test_a_layered_run_is_reported_layer_by_layer_as_its_ledger_says() -> None:
    run, found = deep_run(), reports().runs[1]
    ledger = run.ledger()
    for k, row in enumerate(found.layers):
        assert row.layer == run.layer_names[k]
        assert row.macs == run.macs[k]
        for scope, spread in (("core", row.core_nj), ("chip", row.chip_nj)):
            assert spread.mean == pytest.approx(ledger.by_layer(scope)[:, k].mean() / 1000, rel=1e-12)
        for part, nj in row.parts_nj.items():
            assert nj == pytest.approx(ledger.parts[part][:, k].mean() / 1000, rel=1e-12, abs=1e-15)
    assert found.scope("chip").nj.mean == pytest.approx(sum(row.chip_nj.mean for row in found.layers), rel=1e-12)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_parts_shares_and_statuses_add_up(place: int) -> None:
    found = reports().runs[place]
    whole = found.scope("chip").nj.mean
    assert sum(row.nj for row in found.parts) == pytest.approx(whole, rel=1e-12)
    assert sum(row.nj for row in found.parts if row.scope == "core") == pytest.approx(found.scope("core").nj.mean)
    assert sum(row.chip_percent for row in found.parts) == pytest.approx(100)
    assert sum(row.core_percent for row in found.basis) == pytest.approx(100)
    assert sum(row.chip_percent for row in found.basis) == pytest.approx(100)
    for row in found.parts:
        assert row.each_pj is None or row.each_pj * row.count / 1000 == pytest.approx(row.nj, rel=1e-12)
    for static in found.static:
        assert static.static_nj + static.dynamic_nj == pytest.approx(found.scope(static.scope).nj.mean)
    images = found.per_image
    assert found.scope("core").nj.mean == pytest.approx(images.core_nj.mean())
    assert sum(row.images for row in found.classes) == found.images == len(images.label)
    by_class = sum(row.images * row.core_nj.mean for row in found.classes) / found.images
    assert by_class == pytest.approx(found.scope("core").nj.mean)


def test_margins_are_read_from_the_one_run() -> None:
    run, (found,) = spirit_run(), report().runs
    assert [row.delta_s for row in found.margins] == list(range(1, 11))
    for row in found.margins:
        ledger = run.ledger(row.delta_s)
        assert row.core_nj == pytest.approx(ledger.per_sample("core").mean() / 1000, rel=1e-12)
        assert row.accuracy_percent == pytest.approx(100 * run.accuracy(row.delta_s))
        assert row.accuracy_low_percent <= row.accuracy_percent <= row.accuracy_high_percent


def test_no_spikes_no_dynamic_energy() -> None:
    silent = small_run(3, scale=0.0)
    (found,) = energy_report({"silent": silent}, draws=100).runs
    assert found.words_in == 0
    for row in found.static:
        assert row.dynamic_nj == 0
        # Every image lasts the whole window, like the blank one.
        assert row.static_nj == pytest.approx(row.silent_nj)
    assert found.scope("core").pj_per_event is None
    assert {row.entry for row in found.tornado} == {"energy.reading", "energy.static_power", "link.tick"}
    assert "energy.supply" in found.idle
    # Where all inputs are zero nothing is left to do in formal coding.
    assert found.nonzero_percent == 0
    assert [base.name for base in found.baselines] == ["bare", "with memory"]


def test_no_bar_is_empty_and_every_entry_has_one_or_a_reason() -> None:
    runs: list[AnyRun] = [spirit_run(), deep_run(), small_run(5)]
    for found, run in zip(reports().runs, runs, strict=True):
        entries = {entry.path for entry in source_of(run, "x").entries}
        bars = [row for row in found.tornado if row.scope == "chip"]
        assert all(row.nj_high > row.nj_low for row in found.tornado)
        assert {row.entry for row in bars} | set(found.idle) == entries
        assert [row.nj_high - row.nj_low for row in bars] == sorted((r.nj_high - r.nj_low for r in bars), reverse=True)


def test_anchored_draws_keep_the_published_figures_of_the_run() -> None:
    run, (found,) = spirit_run(), report().runs
    source = source_of(run, "one")
    doubt = doubt_of(source, source, 400, 1)
    assert doubt.modes == ("anchored", "free")
    for scope, published, half in (("core", 3.6, 0.05), ("chip", 180.0, 0.5)):
        events = found.events / 1000
        nj = doubt.nj(source.own.terms, source.scopes[scope], "anchored")
        ends = sorted((published * events, found.scope(scope).nj.mean))
        # From half a unit beyond the published figure to half a unit beyond what the run says; both are inside.
        low, high = ends[0] - half * events, ends[1] + half * events
        assert low - 1e-9 <= nj.min() < ends[0] and ends[1] < nj.max() <= high + 1e-9
        # Evenly: the mean of n draws is within 5 standard errors of the middle.
        assert abs(nj.mean() - (low + high) / 2) < 5 * (high - low) / np.sqrt(12 * len(nj))
    one = found.scope("core")
    assert one.anchored is not None
    assert one.free.low < one.anchored.low < one.anchored.high < one.free.high


def test_what_the_published_figures_leave_is_told() -> None:
    for found in reports().runs[:2]:
        assert found.anchor is not None
        assert 0 < found.anchor.kept_percent <= 100 and found.anchor.kept == 2 * found.anchor.kept_percent
        assert [row.entry for row in found.anchor.solved] == ["energy.clamp_injector", "energy.link_bit"]
        assert all(row.found.low < row.found.median < row.found.high for row in found.anchor.solved)
        for figure in found.anchor.figures:
            assert figure.low_pj <= figure.published_pj - figure.half_unit_pj
            assert figure.published_pj + figure.half_unit_pj <= figure.high_pj
    assert energy_report({"deep": deep_run()}, draws=100).runs[0].anchor is None


def test_anchored_draws_of_another_chip_stay_in_its_own_ranges() -> None:
    spirit, deep = source_of(spirit_run(), "spirit"), source_of(deep_run(), "deep")
    doubt = doubt_of(deep, spirit, 400, 1)
    assert doubt.anchored is not None
    theirs = doubt_of(spirit, spirit, 400, 1).draws("anchored")
    own, other = ({entry.path: entry for entry in source.entries} for source in (deep, spirit))
    for path, entry in own.items():
        drawn = doubt.anchored.draws[path]
        if path not in ("energy.clamp_injector", "energy.link_bit"):
            assert entry.low <= drawn.min() and drawn.max() <= entry.high
        if path in other and (entry.value, entry.low, entry.high) == (
            other[path].value,
            other[path].low,
            other[path].high,
        ):
            assert np.array_equal(drawn, theirs[path])
        elif path in other and entry.moves:
            assert not np.array_equal(drawn, theirs[path])
    # Its clamps and injectors have a range of their own around what SPIRIT's are solved to.
    clamps = doubt.anchored.draws["energy.clamp_injector"]
    assert np.ptp(clamps / theirs["energy.clamp_injector"]) > 1


def test_other_runs_share_the_anchor_of_the_published_task_and_without_one_none_is_made_up() -> None:
    assert all(run.scope("core").anchored is not None for run in reports().runs[:2])
    alone = energy_report({"deep": deep_run()}, draws=100)
    assert alone.runs[0].scope("core").anchored is None
    assert all(gain.mode == "free" for base in alone.runs[0].baselines for gain in base.gains)
    assert any("No run here is of the task" in remark for remark in alone.remarks)


def test_runs_on_different_images_are_told_apart_and_on_the_same_not() -> None:
    assert any("Runs on different images (spirit: mnist test, 24; deep: " in remark for remark in reports().remarks)
    twice = energy_report({"a": spirit_run(), "b": spirit_run()}, draws=100)
    assert not any("different images" in remark for remark in twice.remarks)


def test_same_seed_same_report_and_another_seed_moves_only_the_ranges() -> None:
    again, other = (energy_report({"x": spirit_run()}, draws=200, seed=seed).runs[0] for seed in (1, 2))
    first = energy_report({"x": spirit_run()}, draws=200, seed=1).runs[0]
    assert first.scopes == again.scopes
    assert first.scope("core").free != other.scope("core").free
    assert first.parts == other.parts


def test_gains_and_paybacks_are_formal_energy_over_and_minus_ours() -> None:
    (found,), source = report().runs, source_of(spirit_run(), "one")
    share = (spirit_run().values != 0).mean()
    assert [base.name for base in found.baselines] == ["bare", "with memory", "zeros skipped"]
    for base in found.baselines:
        assert base.nj_low <= base.nj_typical <= base.nj_high
        assert base.macs == pytest.approx(1440 * (share if base.name == "zeros skipped" else 1.0))
        assert base.nj_typical == pytest.approx(base.macs * base.pj_typical / 1000)
        for gain in base.gains:
            own = found.scope(gain.scope, gain.reading).nj.mean
            assert gain.like_for_like == (gain.same_link == (gain.scope == "chip"))
            link = 0.0
            if gain.same_link:
                bit, scale = source.values()["energy.link_bit"], 0.1 if gain.reading == "per-input-spike" else 1.0
                # 144 pixels in, one class out, in words of 16 bits with the run's logic.
                link = 1e9 * scale * (144 * (440e-12 + 16 * bit) + 100e-12 + 16 * bit)
            assert gain.formal_nj == pytest.approx(base.nj_typical + link)
            assert gain.gain.value == pytest.approx(gain.formal_nj / own)
            assert gain.gain.low <= gain.gain.median <= gain.gain.high
        for pay in base.paybacks:
            own = found.scope(pay.scope, pay.reading).nj.mean
            gain = next(
                gain
                for gain in base.gains
                if (gain.scope, gain.reading, gain.mode) == (pay.scope, pay.reading, pay.mode) and gain.like_for_like
            )
            assert pay.saved_nj == pytest.approx(gain.formal_nj - own)
            assert pay.pays_percent == gain.above_one_percent
            ends = [np.inf if end is None else end for end in (pay.low, pay.median, pay.high)]
            assert ends == sorted(ends)
            assert found.programming is not None
            if pay.inferences is None:
                assert pay.saved_nj <= 0
            else:
                spent = found.programming.programming_nj
                assert (pay.inferences - 1) * pay.saved_nj < spent <= pay.inferences * pay.saved_nj


def test_the_link_as_it_is_is_the_chip_and_no_link_is_the_core() -> None:
    for found in reports().runs:
        links = {row.name: row for row in found.links}
        assert links["as it is"].chip_nj == pytest.approx(found.scope("chip").nj.mean, rel=1e-12)
        assert links["as it is"].core_nj + links["as it is"].link_nj <= links["as it is"].chip_nj * (1 + 1e-12)
        assert links["no link at all"].link_nj == 0
        assert all(row.chip_nj <= links["as it is"].chip_nj * (1 + 1e-12) for row in found.links)
        assert all(row.chip_range.low <= row.chip_range.high for row in found.links)


def test_links_are_counted_from_words_and_edges() -> None:
    run, (found,) = spirit_run(), report().runs
    links, bit, logic = {row.name: row for row in found.links}, run.chip.energy.link_bit.value * 1e12, 440.0
    assert links["shorter words"].bits_in == 9 and links["shorter words"].bits_out == 5
    assert links["shorter words"].word_in_pj == pytest.approx(logic + 9 * bit)
    # 4 edges of the handshake and half of 9 lines, in units of the 2.5 edges of a serial bit.
    assert links["parallel address-event bus"].word_in_pj == pytest.approx(logic + bit * (4 + 4.5) / 2.5)
    # 16 bits on 4 lines: 4 clock pulses of 2 edges, 8 changes of data.
    assert links["wider: four data lines"].word_in_pj == pytest.approx(logic + bit * (4 * 2 + 8) / 2.5)
    words = run.actions().input_words.mean(), run.actions().output_words.mean()
    one = links["only the class leaves"]
    # The logic still counts every output spike; one word of 16 bits leaves.
    out = one.word_out_pj - 16 * bit
    assert one.link_nj == pytest.approx((words[0] * one.word_in_pj + words[1] * out + 16 * bit) / 1000)
    ways = {row.way: row.percent for row in found.ways}
    assert sum(row.value for row in ways.values()) == pytest.approx(
        100 * links["as it is"].link_nj / links["as it is"].chip_nj
    )
    assert all(row.low < row.median < row.high for row in ways.values())
    fast = links["faster clock"]
    static = next(row for row in found.static if row.scope == "core")
    assert fast.chip_nj == pytest.approx(links["as it is"].chip_nj - 0.9 * static.static_nj)


def test_options_name_their_assumptions_and_leave_the_core_alone() -> None:
    source = source_of(spirit_run(), "one")
    values = {**source.values(), wire_entry(source).path: wire_entry(source).value}
    core = source.nj(("cell_read", "clamp_injector", "comparator", "reset_packet"))
    for option in options_of(source):
        assert option.assumption
        terms = [
            term for term in terms_with(source, option) if term.part in source.scopes["core"] and term.part != "static"
        ]
        assert np.allclose(sum(term.pj(values) for term in terms) / 1000, core, rtol=1e-12)


def test_claims_are_the_numbers_that_reproduction_compares_with() -> None:
    assert PUBLISHED["energy_gain_formal"].value == report().claim.gain
    for scope, row in (("core", "energy_core_per_event_pj"), ("chip", "energy_chip_per_event_pj")):
        assert report().runs[0].published_pj[scope] == PUBLISHED[row].value


def test_a_part_is_as_sure_as_the_weakest_of_what_it_multiplies() -> None:
    for found in reports().runs:
        status = {(row.part, row.entry): row.status for row in found.parts}
        # A published supply times a pulse and conductances that are assumed.
        assert status["cell_read", "energy.supply"] == "assumed"
        assert status["link", "energy.link_bit"] == status["clamp_injector", "energy.clamp_injector"] == "calibrated"
        assert "array.pulse_width" in {bar.entry for bar in found.tornado if bar.scope == "core"}
        bar = next(bar for bar in found.tornado if (bar.scope, bar.entry) == ("core", "array.pulse_width"))
        cells = sum(row.nj for row in found.parts if row.part == "cell_read")
        assert bar.more_nj == pytest.approx(cells * (bar.high / bar.value - 1))
        assert bar.value == pytest.approx(1e-8)


def test_the_other_reading_is_scaled_and_says_so() -> None:
    (found,) = report().runs
    assert {(one.reading, one.basis) for one in found.scopes} == {
        ("per-synaptic-event", "as counted"),
        ("per-input-spike", "scaled, not physical"),
    }


def test_programming_has_a_status_a_range_and_words_of_its_own() -> None:
    (found,) = report().runs
    row, bit = found.programming, source_of(spirit_run(), "one").values()["energy.link_bit"]
    assert row is not None and (row.status, row.pulse) == ("assumed", "40 pJ")
    assert (row.low_nj, row.high_nj) == pytest.approx((row.programming_nj / 3, 3 * row.programming_nj))
    assert row.loading_nj == pytest.approx(1440 * (440e-3 + 16 * bit * 1e9))


def test_a_projection_is_part_by_part() -> None:
    (found,) = report().runs
    claimed = found.projection[0]
    assert claimed.kind == "as claimed" and claimed.node_nm == 28
    assert claimed.core_nj == pytest.approx(found.scope("core").nj.mean / 10)
    assert all(row.kind in ("as claimed", "published polynomials") for row in found.projection)
    assert all(0 < row.core_nj < row.chip_nj for row in found.projection)


def test_files_of_both_kinds_are_read_and_equal_names_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / name / "run.h5" for name in ("a", "b", "c")]
    for path in paths:
        path.parent.mkdir()
    save_run(spirit_run(), paths[0])
    save_layered_run(deep_run(), paths[1])
    save_run(small_run(5), paths[2])
    found = report_files(paths, draws=200, seed=1)
    assert [run.name for run in found.runs] == ["run (1)", "run (2)", "run (3)"]
    for read, direct in zip(found.runs, reports().runs, strict=True):
        assert read.scopes == direct.scopes


def test_what_cannot_be_reported_is_refused() -> None:
    run = spirit_run()
    with pytest.raises(ParameterError, match="at least one run"):
        energy_report({})
    with pytest.raises(ParameterError, match="100 or more"):
        energy_report({"x": run}, draws=3)
    broken = run.values.copy()
    broken[0, 0] = np.nan
    with pytest.raises(ResultFileError, match="x: holds NaN"):
        energy_report({"x": replace(run, values=broken)})
    with pytest.raises(ResultFileError, match="programming_nj is nan"):
        energy_report({"x": replace(run, settings={**run.settings, "programming_nj": "nan"})})


def test_a_run_that_does_not_say_what_programming_took_has_no_payback() -> None:
    run = spirit_run()
    settings = {name: text for name, text in run.settings.items() if name != "programming_nj"}
    (found,) = energy_report({"x": replace(run, settings=settings)}, draws=100).runs
    assert found.programming is None
    assert all(not base.paybacks for base in found.baselines)


def test_a_single_image_and_a_run_without_margin_are_reported() -> None:
    (one,) = energy_report({"one": small_run(1)}, draws=100).runs
    assert one.scope("core").nj_mean_low is None
    small = small_run(3)
    whole = run_of(replace(small.program, delta_s=None), small.trains)
    (found,) = energy_report({"whole": whole}, draws=100).runs
    assert (found.margins, found.delta_s, found.late_percent) == ((), None, 0)
