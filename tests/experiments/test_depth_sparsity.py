"""The second claim: rows worked out by hand, the choice of a sample's end, and a small run of the whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from spikecim.cli.experiments import reproduce
from spikecim.datasets import locate
from spikecim.experiments import depth_sparsity
from spikecim.experiments.depth_rows import choose, depth_rows, growth, whole_window
from spikecim.experiments.depth_sparsity import DepthSparsityExperiment, active_share
from spikecim.models import Activation, AnnModel, AveragePool, Dense, Flatten
from spikecim.reports.claims_page import claim_json, depth_report, write_claim
from spikecim.results.claims import DepthPoint, Setting

needs_mnist = pytest.mark.skipif(locate("mnist") is None, reason="MNIST is not on this machine; set SPIKECIM_DATA")
APP = typer.Typer()
APP.add_typer(reproduce, name="reproduce")

SETTINGS = (
    Setting(steps=8, margin=None, accuracy=0.900, core_nj=10.0),
    Setting(steps=8, margin=1, accuracy=0.880, core_nj=4.0),
    Setting(steps=16, margin=None, accuracy=0.910, core_nj=20.0),
    Setting(steps=16, margin=2, accuracy=0.905, core_nj=8.0),
)


def point(depth: int, core_nj: float, spikes: tuple[float, ...]) -> DepthPoint:
    macs = np.full(depth, 1000)
    return DepthPoint(
        network=f"depth-{depth}",
        n_images=10,
        macs=macs,
        bare_nj=(1.0 * depth, 2.0 * depth),
        memory_nj=(10.0 * depth, 20.0 * depth),
        active=0.3,
        ann=0.95,
        quantised=0.95,
        whole=0.94,
        settings=SETTINGS,
        chosen=SETTINGS[-1],
        accuracy=0.935,
        core_nj=core_nj,
        chip_nj=2 * core_nj,
        events_per_mac=core_nj / depth / 8,
        layer_events=np.ones(depth),
        spikes=np.array(spikes),
        chip_accuracy=np.array([0.9, 0.92]),
        chip_core_nj=np.array([core_nj, 2 * core_nj]),
    )


def test_the_end_is_the_cheapest_that_keeps_the_accuracy() -> None:
    assert whole_window(SETTINGS) is SETTINGS[2]
    assert choose(SETTINGS, 1.0) is SETTINGS[3]
    assert choose(SETTINGS, 0.1) is SETTINGS[2]
    assert choose(SETTINGS, 5.0) is SETTINGS[1]
    assert choose(SETTINGS, 0.0, goal=0.9) is SETTINGS[3]


def test_gain_is_formal_over_spiking_energy() -> None:
    assert point(2, 5.0, (1, 1, 1)).gain("bare") == pytest.approx((0.4, 0.8))
    assert point(2, 5.0, (1, 1, 1)).gain("memory", "chip") == pytest.approx((2.0, 4.0))


# By hand: gains per MAC are 1000/8, 2000/20 and 3000/12, so x0.8 and then x2.5; the second chip doubles every energy.
def test_rows_by_hand() -> None:
    points = (point(1, 8.0, (0.5, 1)), point(2, 20.0, (1, 0.5, 1)), point(3, 12.0, (1, 0.5, 0.25, 1)))
    rows = {row.id: row for row in depth_rows(points, 1.0, comparable=True)}
    measured = {
        "gain_growth": (2.0, "reproduced"),
        "gain_growth_hidden": (2.5, "reproduced"),
        "gain_growth_least": (0.8, "off"),
        "sparsity_growth": (2.0, "reproduced"),
        "hidden_sparsity": (4.0, "reproduced"),
        "accuracy_kept": (-0.5, "reproduced"),
    }
    assert {name: (pytest.approx(row.emulated), row.verdict) for name, row in rows.items()} == measured
    # A factor common to all depths cancels.
    assert (rows["gain_growth"].low, rows["gain_growth"].high) == pytest.approx((2.0, 2.0))
    assert (rows["sparsity_growth"].low, rows["sparsity_growth"].high) == pytest.approx((0.8, 2.0))
    costly = replace(points[2], core_nj=50.0)
    again = {row.id: row for row in depth_rows((*points[:2], costly), 0.1, comparable=True)}
    assert (again["gain_growth"].verdict, again["accuracy_kept"].verdict) == ("off", "off")


def test_growth_for_another_tolerance() -> None:
    cheap = replace(point(2, 1.0, (1, 1, 1)), settings=(SETTINGS[0],))
    # One layer: 1000 MACs for 8 nJ; two layers: 2000 for 10.
    assert growth((point(1, 1.0, (1, 1)), cheap), 1.0) == pytest.approx((1.0, (2000 / 10) / (1000 / 8)))
    # With the goal of the worse one, 0.9, nothing changes here but at no tolerance the first still has 8 nJ.
    assert growth((point(1, 1.0, (1, 1)), cheap), 0.0, equal=True) == pytest.approx((1.0, 1.6))


def test_the_active_share_by_hand() -> None:
    model = AnnModel(
        name="two",
        input_shape=(2, 2, 1),
        layers=(
            AveragePool(size=(2, 1), name="pool"),
            Flatten(name="flatten"),
            Dense(weights=np.array([[1, -1], [1, -1]], np.float32), bias=np.zeros(2, np.float32), name="a"),
            Activation(kind="relu", name="relu"),
            Dense(weights=np.ones((2, 3), np.float32), bias=np.zeros(3, np.float32), name="b"),
        ),
    )
    image = np.array([[[[0.5], [0.0]], [[0.0], [0.0]]]], np.float32)
    # Behind the pool one of two values is not 0; of the hidden ones, 0.25 and -0.25, one is left.
    assert active_share(model, image, np.array([4, 6])) == pytest.approx(0.5)


def test_digits_have_no_deep_networks(tmp_path: Path) -> None:
    words = ["--data", "digits", "--images", "20", "--json", "--quiet", "--out", str(tmp_path)]
    done = CliRunner().invoke(APP, ["reproduce", "depth-sparsity", *words])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["rows"] == [] and found["points"] == []
    assert len(found["skipped"]) == 7
    assert "Left out: depth-1" in (tmp_path / "report.html").read_text()


@needs_mnist
def test_the_whole_on_a_few_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(depth_sparsity, "DEPTHS", ("depth-1", "depth-2"))
    monkeypatch.setattr(depth_sparsity, "HELD_OUT", 30)
    monkeypatch.setattr(depth_sparsity, "WINDOWS", (2, 8))
    found = DepthSparsityExperiment(n_chips=1, limit=20, further=False).run()
    assert [p.depth for p in found.points] == [1, 2]
    assert {row.verdict for row in found.rows} == {"not comparable"}
    for one in found.points:
        assert len(one.settings) == 2 * (1 + depth_sparsity.LARGEST_MARGIN)
        assert one.chosen in one.settings
        # Energy of formal coding is the MACs' alone; spikes of the first layer are those of the input.
        assert one.bare_nj[0] < one.memory_nj[0] and one.core_nj < one.chip_nj
        assert one.layer_events @ one.macs == pytest.approx(one.events_per_mac * one.macs.sum())
        assert one.layer_events[0] >= one.spikes[0] > 0
    write_claim(depth_report(found), tmp_path)
    assert json.loads((tmp_path / "reproduction.json").read_text()) == claim_json(found)
    page = (tmp_path / "report.html").read_text()
    for name in ("depth-gain", "depth-spikes", "depth-accuracy"):
        assert f'id="figure-{name}"' in page
