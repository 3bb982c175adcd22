"""The speed table: clocks, rows and their schema on a tiny case; nothing here depends on how fast the machine is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bench, cases, layered
from benchmarks.bound import add_delivered_rows
from benchmarks.cases import QUICK, Plan, workload
from benchmarks.dense_form import dense_form
from benchmarks.dense_form import dense_input as image_input
from benchmarks.layered import first_to_keep
from benchmarks.layered_cases import slowed
from benchmarks.layered_peers import agreement
from benchmarks.peers import dense_input, one_thread
from benchmarks.timing import Row, Timing, machine, measure, measure_command, medians, peak_megabytes
from spikecim.conversion.registry import get_conversion
from spikecim.engines.layered_event import run_layered
from spikecim.explore.compare_chip import bounds_of, load_rig
from spikecim.training.deep.ready import ready_model

TINY = Plan(
    dataset="digits",
    images=30,
    repeats=1,
    brian_images=20,
    brian_repeats=1,
    naive_images=1,
    chips=4,
    chips_run=2,
    peer_images=20,
    peer_repeats=1,
    layered=(),
    sweep_workers=0,
    table_rows=1_000,
    aware_steps=0,
    crossbar_size=12,
    correction_arrays=1,
    deep_width=0.0,
    insitu_images=0,
)
MAIN_KEYS = ["name", "seconds", "cpu_seconds", "images_per_second", "ratio", "against"]
EXTRA_KEYS = {"note", "target_seconds", "peak_mb", "images_per_cpu_second", "ratio_of"}


def test_warm_up_is_outside_the_clock() -> None:
    calls: list[str] = []
    measure(lambda: calls.append("work"), 3)
    assert calls == ["work"] * 4
    calls.clear()
    measure(lambda: calls.append("work"), 2, warm_up=lambda: calls.append("warm-up"))
    assert calls == ["warm-up", "work", "work"]


def test_medians_of_both_clocks() -> None:
    timings = [Timing(seconds=wall, cpu_seconds=cpu) for wall, cpu in ((1.0, 9.0), (5.0, 7.0), (3.0, 8.0))]
    assert medians(timings) == Timing(seconds=3.0, cpu_seconds=8.0)
    assert medians(timings).times(2.0) == Timing(seconds=6.0, cpu_seconds=16.0)


def test_work_costs_wall_and_cpu_time() -> None:
    timing = measure(lambda: sum(range(200_000)), 3)
    assert timing.seconds > 0.0
    assert timing.cpu_seconds > 0.0
    assert measure_command([sys.executable, "-c", ""], 1).seconds > 0.0


def test_ratio_is_per_image_and_by_the_named_clock() -> None:
    slow = Row(name="slow", timing=Timing(seconds=6.0, cpu_seconds=8.0), images=10)
    fast = Row(name="fast", timing=Timing(seconds=6.0, cpu_seconds=4.0), images=30)
    assert Row(name="r", timing=slow.timing, images=10, against=fast).ratio == pytest.approx(3.0)
    assert Row(name="r", timing=slow.timing, images=10, against=fast, by_cpu=True).ratio == pytest.approx(6.0)
    assert slow.ratio is None


def test_row_schema() -> None:
    bound = Row(name="bound", timing=Timing(seconds=0.5, cpu_seconds=0.25), images=100)
    assert list(bound.as_dict()) == MAIN_KEYS
    row = Row(name="help", timing=Timing(seconds=1 / 3, cpu_seconds=0.0), against=bound, target_seconds=0.5, note="n")
    data = row.as_dict()
    assert (data["seconds"], data["images_per_second"], data["against"]) == (0.3333, None, "bound")
    assert set(data) == {*MAIN_KEYS, "target_seconds", "note"}


def test_peak_memory_is_this_process_s_own() -> None:
    before = peak_megabytes()
    block = np.ones(8 * 2**20)
    assert peak_megabytes() >= before
    assert peak_megabytes() > block.nbytes / 2**20


def test_machine_names_what_matters() -> None:
    about = machine()
    assert {"cpu", "cores", "python", "numpy", "numba", "brian2"} <= set(about)


def test_bound_adds_exactly_the_delivered_rows() -> None:
    run = workload(TINY).run
    expected = np.zeros((run.n_samples, 16), np.int64)
    for s in range(run.n_samples):
        lines = run.trains.lines[run.trains.offsets[s] :][: run.record.delivered[s]]
        expected[s, : run.program.n_out] = run.program.charge[0, lines].sum(0)
    for eight_at_once in (False, True):
        np.testing.assert_array_equal(add_delivered_rows(run, eight_at_once=eight_at_once), expected)


def test_dense_input_holds_every_spike() -> None:
    trains = workload(TINY).run.trains.window(3, 8)
    dense = dense_input(trains)
    assert dense.shape == (trains.n_ticks, 5, trains.n_in)
    assert dense.sum() == trains.n_spikes
    np.testing.assert_array_equal(dense.sum((0, 2)), trains.counts())


def test_one_thread_is_put_back() -> None:
    import numba

    before = numba.get_num_threads()
    with one_thread():
        assert numba.get_num_threads() == 1
    assert numba.get_num_threads() == before


def test_shortest_window_is_the_first_that_keeps_enough() -> None:
    assert first_to_keep(np.array([0.1, 0.98, 0.994, 0.996, 0.97, 1.0])) == 4


def test_peers_get_the_network_that_we_run() -> None:
    """The dense form, run by a plain integrate-and-fire loop, gives the engine's scores."""
    torch = pytest.importorskip("torch")
    model, images = ready_model("lenet"), np.random.default_rng(3).random((4, 28, 28, 1), np.float32) ** 3
    network = get_conversion(layered.CONVERSION)(model, images, bounds_of(load_rig(layered.CHIP).chip, steps=9))
    nobody = {"held_out": images[:0], "held_out_labels": np.zeros(0, np.int64), "labels": np.zeros(4, np.int64)}
    chip = layered.Converted(name="lenet", network=network, images=images, **nobody).at(9)
    trains = chip.network.code.encode(layered.flat(images))
    record = run_layered(chip.program, trains, keep="counts")
    assert record.counts is not None
    spikes = image_input(trains, (28, 28, 1), 9)
    with torch.no_grad():
        for stage in dense_form(chip.program, (28, 28, 1)):
            charge, fired = 0.0, []
            for step in spikes:
                charge = charge + stage.linear(step)
                fired.append((charge >= 1).float() - (charge <= -1).float() * stage.signed)
                charge = charge - fired[-1]
            spikes = torch.stack(fired)
    scores, counts = spikes.sum(0).numpy(), record.counts[-1]
    np.testing.assert_array_equal(scores, counts)
    assert (scores != 0).any()
    assert agreement(scores, charge.numpy(), counts, record.output.decisions.winners[:, -1]) == (1.0, 1.0)
    with pytest.raises(ValueError, match="one tick"):
        dense_form(slowed(chip.program, 3), (28, 28, 1))


@pytest.mark.slow
def test_whole_table_on_a_tiny_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, jobs = cases.once_command, []

    def once(command: list[str]) -> Timing:
        # The whole main job is the same command with studies, which other tests run; here the shorter one is enough.
        jobs.append(command)
        if "--no-studies" in command:
            return real(command)
        Path(command[-1], "report.html").write_text("a report")
        return Timing(seconds=1.0, cpu_seconds=1.0)

    monkeypatch.setattr(cases, "once_command", once)
    monkeypatch.setattr(bench, "QUICK", TINY)
    bench.main(["--quick", "--out", str(tmp_path / "bench.json")])
    result = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert list(result) == ["machine", "rows"]
    names = [row["name"] for row in result["rows"]]
    assert len(set(names)) == len(names) >= 10
    for row in result["rows"]:
        assert list(row)[: len(MAIN_KEYS)] == MAIN_KEYS
        assert set(row) <= {*MAIN_KEYS, *EXTRA_KEYS}
        assert row["seconds"] > 0.0
        assert row["against"] is None or (row["against"] in names and row["ratio"] > 0.0)
    extrapolated = [row["name"] for row in result["rows"] if "extrapolated" in row.get("note", "")]
    assert len(extrapolated) == 5
    assert [word for word in jobs[0][:-1] if word != "--no-studies"] == jobs[1][:-1]
    printed = capsys.readouterr().out
    assert all(name.split(":")[0] in printed for name in names)


def test_quick_plan_scales_up_what_it_does_not_run() -> None:
    assert QUICK.images == Plan().images
    assert QUICK.chips == Plan().chips
    assert QUICK.chips_run < QUICK.chips
