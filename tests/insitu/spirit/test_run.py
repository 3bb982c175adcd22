"""A study: killed and resumed it gives the same, rates are chosen on validation images, ledgers sum."""

from __future__ import annotations

import csv
import json
import math
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from spikecim.chips.spec import ChipSpec
from spikecim.chips.values import set_values
from spikecim.errors import ResultFileError
from spikecim.insitu.spirit import run
from spikecim.insitu.spirit.spec import LearnStudy, conditions_of
from spikecim.reports.learning_files import write_learning
from spikecim.results.learning import Learning, spread
from spikecim.results.learning_data import learning_json
from tests.insitu.spirit.small import small_chip, small_task

RATES = (0.5, 2.0)
TUNED = 1  # chip for each rate; three would only repeat it


@cache
def short_chip() -> ChipSpec:
    """A quarter of the window: nothing here asks how well it learns."""
    return set_values(small_chip(), {"coding.window": 100e-6})


def study(chips: int = 2, **changes: object) -> LearnStudy:
    values: dict[str, object] = {
        "data": "mnist", "new_class": 2, "drift": None, "conditions": conditions_of(("delta",), (0, -1), drift=False),
        "rates": RATES, "batches": 2, "batch": 5, "chips": chips, "images": 20, "validation": 20, "limit": None,
        "seed": 1, "chip": "small", "chip_digest": short_chip().digest(),
    }  # fmt: skip
    return LearnStudy(**(values | changes))  # type: ignore[arg-type]


def made_small(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "task_of", lambda study, chip: small_task())
    patch.setattr(run, "TUNING_CHIPS", TUNED)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    made_small(monkeypatch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Learning, Path]:
    """A study that was run in one go, and its folder."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        made_small(patch)
        return run.run_learning(study(), short_chip(), out), out


def test_killed_and_resumed_it_gives_the_same(tmp_path: Path, whole: tuple[Learning, Path]) -> None:
    steps = len(run.tuning_jobs(study())) * TUNED + len(study().conditions) * 2

    def killed(after: int) -> run.Stage:
        def progress(name: str, done: int, total: int) -> None:
            assert total == steps
            if done == after:
                raise KeyboardInterrupt

        return progress

    # While rates are chosen, and between and within chips that are scored.
    for after in (2, steps - 5, steps - 4, steps - 1):
        with pytest.raises(KeyboardInterrupt):
            run.run_learning(study(), short_chip(), tmp_path / "part", killed(after))
    resumed = run.run_learning(study(), short_chip(), tmp_path / "part")
    assert learning_json(resumed) == learning_json(whole[0])


def test_results_are_of_the_chips_that_were_asked_for(tmp_path: Path, whole: tuple[Learning, Path]) -> None:
    found = whole[0]
    names = [one.name for one in found.conditions]
    assert names == ["delta, no rehearsal, new neuron", "delta, no rehearsal", "delta, all images", "programmed anew"]
    for one in found.conditions:
        assert len(one.chips["after_all"]) == 2
        assert sum(one.histogram) == pytest.approx(short_chip().n_cells)
        if one.rate is not None:
            best = max(one.tuning, key=lambda pair: pair[1])
            assert one.rate == best[0] and [rate for rate, _ in one.tuning] == list(RATES)
        forgotten = np.array(found.before["old"]) - one.chips["after_old"]
        assert np.allclose(one.chips["forgetting"], forgotten)
    # More chips go on from there; another rate is another study.
    shutil.copytree(whole[1], tmp_path, dirs_exist_ok=True)
    more = run.run_learning(study(chips=3), short_chip(), tmp_path)
    assert more.conditions[0].chips["after_all"][:2] == found.conditions[0].chips["after_all"]
    with pytest.raises(ResultFileError, match="holds results of something else"):
        run.run_learning(study(batch=20), short_chip(), tmp_path)


def test_files_hold_ledgers_that_sum(tmp_path: Path, whole: tuple[Learning, Path]) -> None:
    found = whole[0]
    written = write_learning(found, tmp_path)
    assert {"learning.html", "learning.json", "conditions.csv", "figures/curves.png"} <= set(written)
    data = json.loads(written["learning.json"].read_text())
    for one in data["conditions"]:
        ledger = one["energy_pj"]
        for parts in (*ledger["writes"].values(), ledger["presentations"]):
            assert sum(value for name, value in parts.items() if name != "total") == pytest.approx(parts["total"])
        total = ledger["writes"]["typical"]["total"] + ledger["presentations"]["total"]
        assert ledger["total"] == pytest.approx(total)
    with open(written["ledger.csv"], newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["condition"] == "programmed anew"]
    assert sum(float(row["typical"]) for row in rows) == pytest.approx(found.conditions[-1].total_pj)
    page = written["learning.html"].read_text()
    assert "In short" in page and page.count("<svg") == 5 and "NaN" not in page


def test_spread_by_hand() -> None:
    found = spread([1.0, 2.0, 3.0])
    # Student's t for two degrees of freedom: 4.302653.
    assert found.mean == 2.0 and found.high - 2.0 == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert (found.lowest, found.highest) == (1.0, 3.0)
    one = spread([5.0])
    assert (one.low, one.high) == (5.0, 5.0)
