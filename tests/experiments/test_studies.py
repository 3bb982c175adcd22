"""The studies that go with a reproduction: their rows, their place on the page, and what leaves them out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spikecim.chips import load_chip
from spikecim.datasets import locate
from spikecim.experiments import studies as studies_module
from spikecim.experiments.codes import CodesExperiment
from spikecim.experiments.material import material, network_for
from spikecim.experiments.spirit import SpiritExperiment
from spikecim.experiments.studies import StudiesExperiment, study_rows
from spikecim.explore.ageing import AgeingStudy
from spikecim.progress import Stage
from spikecim.reports.html import write_reproduction
from spikecim.results.reproduction import Reproduction
from spikecim.results.sign_bit import sign_bit_argument
from spikecim.results.studies import Studies

NEW_ROWS = ("reads_without_disturb", "accuracy_after_relaxation", "sign_bit_argument")
needs_mnist = pytest.mark.skipif(locate("mnist") is None, reason="MNIST is not on this machine; set SPIKECIM_DATA")


@pytest.fixture(scope="module")
def rep() -> Reproduction:
    return SpiritExperiment(dataset="digits", n_chips=2, limit=60, check_engine=None, studies=True).run()


@pytest.fixture(scope="module")
def folder(rep: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("studies")
    write_reproduction(rep, made)
    return made


def test_the_table_gains_three_rows(rep: Reproduction) -> None:
    assert tuple(row.id for row in rep.rows[-3:]) == NEW_ROWS
    assert {row.verdict for row in rep.rows} == {"not comparable"}


def test_nothing_published_is_searched_for_on_other_data(rep: Reproduction) -> None:
    assert rep.studies is not None
    assert rep.studies.region is None
    assert rep.studies.attribution is not None and rep.studies.codes is not None and rep.studies.ageing is not None


def test_shares_of_the_attribution_sum_to_the_whole_loss(rep: Reproduction) -> None:
    assert rep.studies is not None and rep.studies.attribution is not None
    for metric in (0, 1):
        found = rep.studies.attribution
        assert sum(share.exact for share in found.shares(metric)) in (found.total(metric), -found.total(metric))


def test_page_and_json_hold_every_study(folder: Path) -> None:
    data = json.loads((folder / "reproduction.json").read_text(), parse_constant=pytest.fail)
    assert data["studies"].pop("interrupted") is False
    assert set(data["studies"]) == {"ageing", "codes", "sign_bit_argument", "attribution"}
    assert all(data["studies"].values())
    page = (folder / "report.html").read_text()
    for anchor in ("causes", "time", "codes", "race"):
        assert f'<section id="{anchor}">' in page
        assert f'href="#{anchor}"' in page
    assert len(page.encode()) < 6_000_000
    for name in ("attribution", "ageing-time", "ageing-reads", "codes-stuck", "sign-bit"):
        assert (folder / "figures" / f"{name}.png").stat().st_size > 5_000


def test_a_cell_that_does_not_age_is_not_aged(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('inherit = "spirit"\nname = "mine"\n[cell]\ndevice = "ideal"\n')
    found = SpiritExperiment(
        chip=str(path), dataset="digits", n_chips=1, limit=20, check_engine=None, studies=True
    ).run()
    assert found.studies is not None
    assert found.studies.ageing is None and found.studies.attribution is not None
    assert "reads_without_disturb" not in {row.id for row in found.rows}


def stop_at(name: str, number: int) -> Stage:
    """Ctrl-C when that much of a stage is done."""

    def stop(stage: str, done: int, total: int) -> None:
        if (stage, done) == (name, number):
            raise KeyboardInterrupt

    return stop


def studied(progress: Stage, n_chips: int = 2) -> Studies:
    chip = load_chip("spirit")
    test = material(chip, "digits", "test", limit=20)
    experiment = StudiesExperiment(
        chip_file="spirit", n_chips=n_chips, seed=0, limit=20, comparable=False, progress=progress
    )
    return experiment.run(chip, network_for(chip, "digits"), test, chip.rate_code().encode(test.values, 0))


# The stage that an interrupt strikes, how far it is, and the studies that are there then.
@pytest.mark.parametrize(
    ("stage", "done", "there"),
    [
        ("ageing", 1, {"ageing"}),
        ("networks", 0, {"ageing"}),
        ("weight codes", 1, {"ageing", "codes", "argument"}),
    ],
)
def test_an_interrupt_leaves_out_what_follows_and_is_told(stage: str, done: int, there: set[str]) -> None:
    found = studied(stop_at(stage, done))
    assert found.interrupted
    assert {name for name in ("ageing", "codes", "argument", "attribution") if getattr(found, name)} == there
    if done:
        last = found.codes if "codes" in there else found.ageing
        assert last is not None and last.n_chips == 1


def test_the_argument_rests_on_as_many_chips_as_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies_module, "CURVE_CHIPS", 1)
    stages: list[str] = []

    def stop(stage: str, done: int, total: int) -> None:
        stages.append(stage)
        if stage == "design choices":
            raise KeyboardInterrupt

    found = studied(stop)
    assert found.interrupted
    assert found.codes is not None and found.argument is not None and found.attribution is None
    assert (found.codes.n_chips, len(found.argument.headline.points)) == (1, 2)
    # The data are read and the ideal chip is run once for the curves and the argument.
    assert stages.count("ideal chip") == 1
    first_of_causes = stages.index("data", stages.index("ideal chip"))
    assert stages[:first_of_causes].count("data") == 1


@needs_mnist
@pytest.mark.slow
def test_rows_on_mnist_are_judged() -> None:
    chip = load_chip("spirit")
    test, network = material(chip, "mnist", "test"), network_for(chip, "mnist")
    trains = chip.rate_code().encode(test.values, 0)
    ageing = AgeingStudy(chip=chip, network=network, n_chips=4).run(trains, test.labels)
    argument = sign_bit_argument(CodesExperiment().argument(4))
    rows = {row.id: row for row in study_rows(Studies(ageing=ageing, argument=argument), chip, comparable=True)}
    # Nothing in the chip file is fitted to these numbers, so they are reproduced or off, never calibrated.
    assert {rows[id_].verdict for id_ in NEW_ROWS} <= {"reproduced", "off"}
    assert rows["reads_without_disturb"].verdict == "reproduced"
    assert -3.0 < rows["accuracy_after_relaxation"].emulated < 0.5
