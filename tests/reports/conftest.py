"""One small reproduction for all report tests: scikit-learn's digits, three virtual chips, no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikecim.experiments.spirit import SpiritExperiment
from spikecim.reports.html import write_reproduction
from spikecim.results.reproduction import Reproduction


@pytest.fixture(scope="session")
def rep() -> Reproduction:
    return SpiritExperiment(dataset="digits", n_chips=3, check_engine=None).run()


@pytest.fixture(scope="session")
def report(rep: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The written report: file name to path."""
    return write_reproduction(rep, tmp_path_factory.mktemp("report"))
