"""Energy of training beside the published figures: what is fitted says so, what is assumed is listed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from spikecim.energy.training_design import TrainingDesign
from spikecim.energy.training_table import shipped_table
from spikecim.experiments.insitu_accuracy import (
    accuracy_points,
    accuracy_rows,
    pulses_for_vgg,
    reads_text,
    study_design,
)
from spikecim.experiments.insitu_peer import peer_efficiency, peer_joules
from spikecim.experiments.insitu_published import PUBLISHED, implied_image_joules
from spikecim.experiments.insitu_training import reproduce
from spikecim.insitu.costs import vgg8_shapes
from spikecim.reports import insitu_energy_page
from spikecim.reports.insitu_energy_page import insitu_energy_json, insitu_energy_plates, write_insitu_energy
from spikecim.reports.insitu_energy_tables import energy_findings
from spikecim.results.insitu_table import (
    ArrayRow,
    CellResult,
    DeviceRow,
    GainRow,
    InsituTable,
    MeanInterval,
    SeedRow,
)
from spikecim.results.training_energy import TrainingEnergy


def energy(node: str = "32", study: InsituTable | None = None) -> TrainingEnergy:
    return reproduce(node=node, design=TrainingDesign(), table=shipped_table(), draws=400, seed=0, study=study)


@pytest.fixture(scope="module")
def found() -> TrainingEnergy:
    return energy()


def test_rows_that_something_was_chosen_for_never_say_reproduced(found: TrainingEnergy) -> None:
    rows = {row.id: row for row in found.rows}
    assert set(rows) == set(PUBLISHED)
    for name in ("momentum_formula", "tops_per_watt_naive", "gain_over_naive"):
        assert rows[name].verdict in ("calibrated", "off")
    for row in rows.values():
        published = PUBLISHED[row.id]
        apart = row.high < published.value - published.half_unit or row.low > published.value + published.half_unit
        assert (row.verdict == "off") == apart
        assert row.low <= row.emulated <= row.high


def test_the_formula_gives_the_published_overhead_and_840_percent_without_a_batch(found: TrainingEnergy) -> None:
    joules = implied_image_joules(3_688_427_520)
    assert joules == pytest.approx(156.4e-6, rel=1e-3)
    row = next(row for row in found.rows if row.id == "momentum_formula")
    # 12.973 M weights x 26 bits x 3.9 pJ / 200 = 6.58 uJ of 156.4 uJ.
    assert row.low == pytest.approx(100 * 12_973_440 * 26 * 3.9e-12 / 200 / joules, rel=1e-12)
    assert row.verdict == "calibrated"
    by_batch = {point.batch: point.formula_percent for point in found.batches}
    assert by_batch[1] == pytest.approx(841, abs=1)
    assert by_batch[1] / by_batch[200] == pytest.approx(200, rel=1e-12)


def test_the_two_flows_differ_by_the_gradients_traffic_alone(found: TrainingEnergy) -> None:
    naive, ours = found.ledgers["naive"], found.ledgers["accumulated"]
    more = 2 * 15 * 12_973_440
    events = [ledger.events.total("dram_bits") for ledger in (naive, ours)]
    assert events[0] - events[1] == pytest.approx(more, rel=1e-12)
    assert naive.cells["forward", "adc"] == ours.cells["forward", "adc"]
    gain = next(row for row in found.rows if row.id == "gain_over_naive")
    assert gain.emulated == pytest.approx(naive.total_aj / ours.total_aj, rel=1e-12)


def test_rates_of_the_peers_run_give_the_figures_of_the_reference() -> None:
    shapes = vgg8_shapes()
    assert [round(peer_efficiency(shapes, batch), 1) for batch in (8, 32, 200)] == [7.6, 10.8, 12.2]
    assert peer_efficiency(shapes, 1) == pytest.approx(2.03, abs=0.005)
    assert peer_joules(shapes, 1) == pytest.approx(1.81e-3, rel=2e-3)


def test_momentum_of_our_table_is_its_phase_over_all_else(found: TrainingEnergy) -> None:
    row = next(row for row in found.rows if row.id == "momentum_table")
    ledger = found.ledgers["accumulated"]
    phases = ledger.by_phase()
    rest = sum(aj for phase, aj in phases.items() if phase != "momentum")
    assert row.emulated == pytest.approx(100 * phases["momentum"] / rest, rel=1e-12)


def test_a_peak_figure_never_stands_alone(found: TrainingEnergy) -> None:
    data = insitu_energy_json(found)
    for ledger in data["ledgers"].values():
        assert set(ledger["tops_per_watt"]) == {"full", "peak"}
        assert ledger["total_aj"] == sum(ledger["by_part_aj"].values()) == sum(map(sum, ledger["cells_aj"].values()))
    assert not any("peak" in row.id for row in found.rows)


def test_what_is_not_published_is_listed(found: TrainingEnergy) -> None:
    listed = {one.what for one in found.assumptions}
    assert {"Technology", "Batch", "Naive dataflow", "Velocity", "Weight gradient"} <= listed


def interval(value: float) -> MeanInterval:
    return MeanInterval(value=value, low=value - 0.5, high=value + 0.5, n=5)


def study(gain: float = 3.0, *, data: str = "mnist", ltd: float = -4.0) -> InsituTable:
    """A study of one device, without training anything."""
    arrays = tuple(
        ArrayRow(
            layer=f"layer{k}",
            cells=cells,
            pulses=30.0,
            pulses_per_step=0.02,
            largest_writes=99,
            row_phases=1000.0,
            velocity_bits=0.0,
            clamped=0,
            stuck=0,
            dead=0,
        )
        for k, cells in enumerate((40_000, 1000))
    )
    moving = tuple(replace(row, velocity_bits=64.0, pulses_per_step=0.005) for row in arrays)
    cells = tuple(
        CellResult(
            device="+-4",
            rule=rule,
            rates=(),
            best=0.03,
            edge="",
            seeds=(SeedRow(seed=1000, test=91.0),),
            test=interval(91.0 + more),
            validation=interval(91.0),
            pulses=30.0,
            curve=(),
            arrays=rows,
        )
        for rule, more, rows in (("sgd", 0.0, arrays), ("momentum", gain, moving))
    )
    device = DeviceRow(
        name="+-4",
        title="assumed",
        ltp=4.0,
        ltd=ltd,
        pulses_up=64,
        pulses_down=64,
        cycle_to_cycle=0.0,
        symmetric_point=0.0,
        pull=1.0,
    )
    return InsituTable(
        study={
            "name": "tiny",
            "data": {"name": data, "binary": True, "train": 0},
            "network": {"sizes": [400, 100, 10], "pairing": "single"},
            "training": {"batch": 100},
            "reads": {"rows": 128, "input_bits": 0, "error_bits": 0, "adc_forward": 0, "adc_error": 0},
        },
        version="0",
        reference="sgd",
        devices=(device,),
        cells=cells,
        gains=(GainRow(device="+-4", rule="momentum", against="sgd", gain=interval(gain), fewer_pulses=4.0),),
        confidence_percent=95.0,
        trainings=2,
        failed=0,
    )


@pytest.mark.parametrize(("gain", "judged"), [(3.0, "reproduced"), (1.9, "off")])
def test_the_mark_is_held_against_the_mean_of_its_own_study_only(gain: float, judged: str) -> None:
    (row,) = accuracy_rows(study(gain))
    assert (row.published, row.relation, row.verdict) == (2.0, "at least", judged)
    assert "no published figure" in row.source
    (other,) = accuracy_rows(study(gain, data="digits"))
    assert other.verdict == "not comparable"
    (elsewhere,) = accuracy_rows(study(gain, ltd=-2.0))
    assert (elsewhere.published, elsewhere.verdict) == (0.0, "not comparable")
    (deep,) = accuracy_rows(study(gain, data="cifar10", ltd=-2.0))
    assert (deep.published, deep.verdict) == (0.0, "reproduced")


@pytest.mark.parametrize(
    ("part", "value"),
    [("data", {"train": 20_000}), ("network", {"sizes": [400, 50, 10]}), ("network", {"pairing": "pair"})],
)
def test_the_mark_is_for_one_study_only(part: str, value: dict[str, object]) -> None:
    given = study()
    other = replace(given, study={**given.study, part: {**given.study[part], **value}})
    (row,) = accuracy_rows(other)
    assert (row.published, row.verdict) == (0.0, "not comparable")


def test_a_gain_that_its_seeds_do_not_tell_from_nothing_is_off() -> None:
    given = study(3.0)
    for low, n, judged in ((0.1, 5, "reproduced"), (-0.1, 5, "off"), (None, 1, "not comparable")):
        points = MeanInterval(value=3.0, low=low, high=None if low is None else 6.0 - low, n=n)
        (row,) = accuracy_rows(replace(given, gains=(replace(given.gains[0], gain=points),)))
        assert row.verdict == judged, low


def test_energies_of_a_study_are_of_its_own_reads() -> None:
    given = study()
    coded = {"rows": 64, "input_bits": 4, "error_bits": 6, "adc_forward": 5, "adc_error": 7}
    other = {**given.study, "reads": coded, "data": {**given.study["data"], "binary": False}}
    design = study_design(other)
    assert (design.rows, design.input_bits, design.error_bits) == (64, 4, 6)
    assert (design.adc_forward, design.adc_error, design.batch) == (5, 7, 100)
    # Ideal reads keep what the design assumes, and say so.
    assert study_design(given.study) == TrainingDesign(batch=100)
    assert "assumed" not in reads_text(other) and reads_text(given.study).count("assumed") == 4
    black = accuracy_points(given, shipped_table())[0].image_nj
    grey = replace(given, study={**given.study, "data": {**given.study["data"], "binary": False}})
    assert black is not None and black < (accuracy_points(grey, shipped_table())[0].image_nj or 0.0)


def test_a_study_gives_its_pulses_to_the_energy_and_its_energy_to_the_table() -> None:
    given = study()
    assert pulses_for_vgg(given) == (0.005, "counted in the study 'tiny' (+-4, momentum), another network")
    sgd, momentum = accuracy_points(given, shipped_table())
    assert sgd.image_nj is not None
    assert momentum.image_nj is not None
    # A velocity of 32 bits in DRAM for 41,000 weights: 2 x 32 x 3.9 pJ / 100 images, less what fewer pulses save.
    assert momentum.image_nj - sgd.image_nj == pytest.approx(102.3, rel=0.05)
    assert (sgd.pilot, momentum.pilot) == (90.9, 94.1)


def test_report_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = energy("7", study())
    plates = insitu_energy_plates(report)
    assert [plate.id for plate in plates] == ["parts", "dataflows", "batch", "momentum", "tornado", "accuracy"]
    for plate in plates:
        assert plate.draw().axes
    # Laying out all six takes seconds; one shows that they are written.
    monkeypatch.setattr(insitu_energy_page, "insitu_energy_plates", lambda _: plates[3:4])
    write_insitu_energy(report, tmp_path, "spikecim reproduce insitu-training")
    assert (tmp_path / "figures" / "momentum.png").stat().st_size > 1000
    data = json.loads((tmp_path / "reproduction.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in data["rows"]] == [row.id for row in report.rows]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(one.what in page for one in report.assumptions)
    assert "+3.00 points on device +-4 (91.00 % to 94.00 %)" in energy_findings(report)[-1]
