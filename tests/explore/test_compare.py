"""A comparison end to end: rows, curves, layers, losses, refusals, interrupts; the same whatever the chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.conversion.registry import applicable
from spikecim.engines.stepper import Stepper
from spikecim.errors import ConversionError, ParameterError
from spikecim.explore.compare import Classes, CompareScene, compare
from spikecim.explore.compare_chip import bounds_of, load_rig
from spikecim.explore.compare_curves import checkpoints_of, wilson
from spikecim.explore.compare_row import RowMaker, margin_of
from spikecim.explore.compare_run import chunk_size, run_chips
from spikecim.layered_build import build_layers
from spikecim.models.forward import forward
from spikecim.results.comparison import Comparison, ComparisonRow
from tests.explore.networks import digits, digits_network

IDEAL, REAL = "spirit-multi-ideal", "spirit-multi"


def scene(kind: str = "relu", n_images: int = 60, **changes: Any) -> CompareScene:
    test = digits("test", n_images)
    given = CompareScene(
        network=digits_network(kind),
        calibration=digits("held-out").values,
        images=test.values,
        labels=test.labels,
        dataset="digits",
        origin=test.extent,
        n_chips=3,
        steps=32,
        slices=2,
    )
    return replace(given, **changes)


def row(**changes: Any) -> ComparisonRow:
    (found,) = compare(scene(**changes)).rows
    return found


@pytest.fixture(scope="module")
def both() -> Comparison:
    return compare(scene(conversions=("relu-percentile",)))


def test_facts_say_what_was_set() -> None:
    found = compare(
        scene(
            n_images=2,
            n_chips=1,
            steps=2,
            conversions=("relu-max",),
            chips=(IDEAL,),
            seed=7,
            overrides={"energy.link_bit": "0 J"},
            facts={"test_images": "two"},
        )
    )
    wanted = {"seed": "7", "chips": IDEAL, "virtual_chips": "1", "overrides": "energy.link_bit=0 J"}
    assert found.facts == {**wanted, "test_images": "two"}


def test_networks_that_differ_in_an_activation_only_are_told_apart() -> None:
    images = digits("test", 60).values
    model = digits_network("relu")
    other = replace(model, layers=(*model.layers[:2], replace(model.layers[2], kind="tanh"), *model.layers[3:]))
    found = Classes(images)
    for network in (model, other):
        assert np.array_equal(found.of(network), forward(network, images).argmax(1))
    assert (found.of(model) != found.of(other)).any()


def test_all_conversions_that_apply_are_run_on_all_chips() -> None:
    found = compare(scene(n_images=12, n_chips=1, steps=8))
    names = [conversion.name for conversion in applicable(digits_network("relu"))]
    assert len(names) >= 4
    assert [(r.conversion, r.chip) for r in found.rows] == [(name, chip) for name in names for chip in (IDEAL, REAL)]
    assert found.refused == ()


def test_the_ideal_chip_is_one_chip_and_follows_its_ann(both: Comparison) -> None:
    ideal, real = both.rows
    assert (ideal.n_chips, real.n_chips) == (1, 3)
    assert ideal.quantised_accuracy > 0.85
    # 32 steps of a network with one hidden layer: at most 3 of 60 images may be decided otherwise.
    assert abs(ideal.accuracy - ideal.quantised_accuracy) <= 3 / 60
    assert ideal.accuracy_low < ideal.accuracy < ideal.accuracy_high
    low, high = wilson(np.array([round(60 * ideal.accuracy)]), 60)
    assert (ideal.accuracy_low, ideal.accuracy_high) == (low[0], high[0])


def test_a_population_has_median_and_range(both: Comparison) -> None:
    real = both.rows[1]
    assert len(real.accuracy_per_chip) == 3
    assert real.accuracy == np.median(real.accuracy_per_chip)
    assert real.accuracy_low == pytest.approx(np.percentile(real.accuracy_per_chip, 5))
    assert real.loss_vs_ann_pp == pytest.approx(100 * (both.ann_accuracy - real.accuracy))


def test_curves_only_rise_in_cost_and_end_where_the_row_says(both: Comparison) -> None:
    for one in both.rows:
        assert one.checkpoints is not None and one.margins is not None
        assert one.margins.axis.tolist() == list(range(1, 11))
        assert one.checkpoints.axis[-1] == int(one.notes["window_ticks"])
        for curve in (one.checkpoints, one.margins):
            for name in ("input_spikes", "spikes", "events", "core_nj", "chip_nj", "ticks"):
                assert (np.diff(getattr(curve, name)) >= 0).all(), name
            assert (curve.chip_nj > curve.core_nj).all()
            assert ((curve.low <= curve.accuracy) & (curve.accuracy <= curve.high)).all()
        assert (np.diff(one.margins.time_out) >= 0).all()
        assert not one.checkpoints.time_out.any()
        assert one.checkpoints.accuracy[-1] == pytest.approx(float(one.notes["full_window_accuracy"]), abs=1e-4)
    ideal = both.rows[0]
    assert ideal.margins is not None
    assert ideal.margins.accuracy[-1] == ideal.accuracy
    assert ideal.margins.core_nj[-1] == ideal.energy_core_nj
    assert ideal.margins.time_out[-1] == ideal.time_out


def test_layers_agree_with_the_ann_on_the_ideal_chip(both: Comparison) -> None:
    ideal, real = both.rows
    assert [layer.name for layer in ideal.layers] == ["hidden", "output"]
    hidden = ideal.layers[0]
    # A rate of 32 steps is off by one spike at most: half a step on average, of activations a quarter of full scale.
    assert hidden.correlation > 0.98
    assert hidden.error_rel < 0.15
    assert hidden.saturated < 0.01
    assert real.layers[0].correlation < hidden.correlation
    assert ideal.spikes_per_image <= sum(layer.spikes_per_image for layer in ideal.layers)


def test_losses_lead_from_the_ann_to_the_median_chip(both: Comparison) -> None:
    ideal, real = both.rows
    assert [step.name for step in ideal.losses] == ["float ANN", "quantised weights", "spikes (chip is exact)"]
    assert len(real.losses) == 5
    assert real.losses[0].accuracy == both.ann_accuracy
    assert real.losses[1].accuracy == real.quantised_accuracy
    assert real.losses[-1].accuracy == sorted(real.accuracy_per_chip)[1]


def test_disagreements_begin_with_what_the_ann_has_right() -> None:
    found = row(conversions=("relu-percentile",), chips=(REAL,), n_images=250, n_chips=1, steps=4)
    test, ann = digits("test", 250), forward(digits_network("relu"), digits("test", 250).values).argmax(1)
    assert 0 < len(found.disagreements) <= 24
    right = [image.ann == image.label for image in found.disagreements]
    assert right == sorted(right, reverse=True)
    for image in found.disagreements:
        assert image.snn != image.ann == ann[image.index]
        assert np.array_equal(image.image, test.values[image.index])


def test_the_chunk_changes_nothing() -> None:
    given = scene(n_images=40)
    network = applicable(given.network)[1](
        given.network, given.calibration, bounds_of(load_rig(REAL).chip, steps=8, slices=1)
    )
    chips = [build_layers(load_rig(REAL).chip, network, 0, index, delta_s=4) for index in range(2)]
    whole, parts = (run_chips(chips, given.images, given.labels, chunk=chunk) for chunk in (40, 7))
    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one.winners, other.winners)
        assert np.array_equal(one.correct, other.correct)
        for name, values in one.ledger.parts.items():
            assert np.array_equal(values, other.ledger.parts[name])


def test_the_numbers_are_those_of_the_plain_engine() -> None:
    given = scene(n_images=6)
    chip = load_rig(REAL).chip
    network = applicable(given.network)[1](given.network, given.calibration, bounds_of(chip, steps=6, slices=1))
    built = build_layers(chip, network, 0, delta_s=3)
    (found,) = run_chips([built], given.images, given.labels)
    record = Stepper().run_layers(built.program, network.code.encode(given.images.reshape(6, -1)))
    assert np.array_equal(found.winners, record.winners)
    assert np.array_equal(found.correct, (record.output.decisions.winners == given.labels[:, None]).sum(0))
    emitted = record.margin_tallies[..., 3:].sum((2, 3)).mean(0)
    assert np.allclose(np.asarray(found.ledger.actions.reset_packets).sum(1), emitted, rtol=1e-12)
    assert np.allclose(found.ledger.actions.ticks, record.output.decisions.durations.mean(0), rtol=1e-12)


def test_same_seed_same_rows_another_seed_others() -> None:
    one, same, other = (
        row(conversions=("relu-percentile",), chips=(REAL,), n_images=30, n_chips=1, steps=8, seed=seed)
        for seed in (0, 0, 1)
    )
    assert one.energy_core_nj == same.energy_core_nj
    assert one.accuracy_per_chip == same.accuracy_per_chip
    assert one.energy_core_nj != other.energy_core_nj


def test_a_pair_that_does_not_fit_is_a_refusal() -> None:
    found = compare(scene(n_images=10, n_chips=1, steps=4, conversions=("spirit-tanh", "relu-max"), chips=(IDEAL,)))
    assert [r.conversion for r in found.rows] == ["relu-max"]
    (refusal,) = found.refused
    assert (refusal.conversion, refusal.chip) == ("spirit-tanh", IDEAL)
    assert "hidden" in refusal.reason


def test_one_chip_too_small_is_a_refusal_too(tmp_path: Any) -> None:
    small = tmp_path / "small.toml"
    small.write_text('inherit = "spirit_multi"\nname = "small"\n[cores]\nrows = 32\n')
    found = compare(scene(n_images=10, n_chips=1, steps=4, conversions=("relu-max",), chips=(str(small), IDEAL)))
    assert [r.chip for r in found.rows] == [IDEAL]
    assert "cores.rows" in found.refused[0].reason


def test_nothing_but_refusals_is_an_error() -> None:
    with pytest.raises(ConversionError, match="tanh"):
        compare(scene(conversions=("spirit-tanh",)))
    with pytest.raises(ParameterError, match=r"cores\.rows"):
        compare(scene(chips=(REAL,), overrides={"cores.rows": 8}, conversions=("relu-max",)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conversions": ("relu-mix",)}, "relu-max"),
        ({"chips": ("spirit-mutli",)}, "spirit"),
        ({"chips": ("spirit",)}, "chip of one core"),
        ({"slices": 3}, r"cores\.slices"),
        ({"n_chips": 0}, "virtual chips"),
        ({"delta_s": -1}, "delta_s"),
        ({"labels": np.full(60, 10)}, "10 classes"),
    ],
)
def test_bad_input_names_the_fault(changes: dict[str, Any], words: str) -> None:
    with pytest.raises((ParameterError, ConversionError), match=words):
        compare(scene(**changes))


def test_an_interrupt_keeps_finished_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, seen = RowMaker.row, []

    def interrupted(self: RowMaker, quantised: Any) -> ComparisonRow:
        seen.append(self)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return whole(self, quantised)

    monkeypatch.setattr(RowMaker, "row", interrupted)
    found = compare(scene(n_images=10, n_chips=1, steps=4, chips=(IDEAL,)))
    assert found.interrupted
    assert len(found.rows) == 1
    del seen[1:]  # now the very first row is cut short: nothing is left to keep
    with pytest.raises(KeyboardInterrupt):
        compare(scene(n_images=10, n_chips=1, steps=4, chips=(IDEAL,)))


def test_no_margin_shows_every_image_to_its_end() -> None:
    found = row(conversions=("relu-percentile",), chips=(IDEAL,), delta_s=0, steps=8)
    assert found.margins is None
    assert found.latency_ticks == int(found.notes["window_ticks"])
    assert found.time_out == 0


def test_margins_that_the_last_layer_can_reach() -> None:
    given, bounds = scene(), bounds_of(load_rig(IDEAL).chip, steps=8)
    networks = {
        rule.name: rule(given.network, given.calibration, bounds) for rule in applicable(digits_network("relu"))
    }
    assert margin_of(networks["relu-percentile"], 10) == 10
    assert margin_of(networks["relu-percentile"], 0) is None
    assert margin_of(networks["first-spike"], 10) == 1


def test_a_latency_code_is_compared_by_times() -> None:
    found = row(conversions=("first-spike",), chips=(IDEAL,))
    assert found.layers[0].correlation > 0.98
    assert found.spikes_per_image < 48 + 10 + 1e-9


@pytest.mark.parametrize(("n_ticks", "most"), [(1, 1), (9, 9), (70, 12), (20_000, 12)])
def test_checkpoints_rise_to_the_end(n_ticks: int, most: int) -> None:
    found: Sequence[int] = checkpoints_of(n_ticks)
    assert list(found) == sorted(set(found))
    assert found[-1] == n_ticks
    assert len(found) <= most
    assert found[0] >= 1


def test_wilson_interval() -> None:
    # Wilson's interval of 0 of 10, and of 5 of 10 (Brown, Cai, DasGupta 2001).
    low, high = wilson(np.array([0, 5]), 10)
    assert low == pytest.approx([0.0, 0.2366], abs=1e-4)
    assert high == pytest.approx([0.2775, 0.7634], abs=1e-4)


def test_chunks_are_bounded_by_spikes() -> None:
    network = applicable(digits_network("relu"))[1](
        digits_network("relu"), digits("held-out").values, bounds_of(load_rig(IDEAL).chip, steps=64)
    )
    assert chunk_size(network.code, 64, 100) == 500
    assert chunk_size(network.code, 3072, 100) == 101
    assert chunk_size(replace(network.code, n_steps=10**4), 10**4, 100) == 16


def test_twins_keep_link_and_rails_and_their_own_settings() -> None:
    rig = load_rig(REAL, {"cell.hrs.sigma_ln": 0.2, "neuron.offset_sd": "9 mV", "link.tick": "2 us"})
    assert rig.chip.neuron.offset_sd.value == pytest.approx(9e-3)
    for twin in (rig.exact, rig.real_cells):
        assert twin.neuron.offset_sd.value == 0
        assert twin.link.tick.value == pytest.approx(2e-6)
        assert twin.neuron.rail_voltage.value == rig.chip.neuron.rail_voltage.value
    assert rig.real_cells.cell.hrs.sigma_ln.value == pytest.approx(0.2)
    assert rig.exact.cell.device == "ideal"
    assert rig.varies
    assert not load_rig(IDEAL).varies


def test_progress_of_a_row_ends_full() -> None:
    seen: dict[str, tuple[int, int]] = {}

    def progress(stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        seen[stage] = (done, total)

    compare(scene(n_images=10, n_chips=2, steps=4, conversions=("relu-max",)), progress)
    assert seen == {"float ANN": (0, 1), f"relu-max, {IDEAL}": (20, 20), f"relu-max, {REAL}": (50, 50)}
