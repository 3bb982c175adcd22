"""A training as plain data and back; what cannot be is refused."""

from __future__ import annotations

import json
import math

import pytest

from spikecim.errors import ResultFileError
from spikecim.results.insitu_run import EpochPoint, LayerCounts, TrainingRun, run_from, run_json

LAYER = LayerCounts(
    name="layer0",
    n_in=4,
    n_out=2,
    cells=8,
    pulses_up=10,
    pulses_down=6,
    cells_written=12,
    largest_writes=5,
    mean_writes=2.0,
    row_phases=7,
    velocity_bits_moved=64,
)
RUN = TrainingRun(
    curve=(EpochPoint(epoch=1, train=math.nan, validation=0.1 + 0.2, loss=math.inf),),
    test=math.nan,
    validation=0.1 + 0.2,
    layers=(LAYER, LAYER),
    steps=3,
    samples=30,
    cpu_s=0.5,
    settings={"gains": (0.5, 1.0), "limit": None},
)


def test_json_and_back() -> None:
    text = json.dumps(run_json(RUN), allow_nan=False)
    back = run_from(json.loads(text), "run.json")
    assert math.isnan(back.test) and math.isnan(back.curve[0].train) and back.validation == RUN.validation
    assert (back.layers, back.steps, back.samples) == (RUN.layers, 3, 30)
    assert run_json(back) == json.loads(text)
    assert (back.cells, back.pulses, back.largest_writes) == (16, 32, 5)


@pytest.mark.parametrize("data", [None, [], {}, {"curve": [], "layers": [{}]}, {"curve": 3}])
def test_what_is_no_run_is_refused(data: object) -> None:
    with pytest.raises(ResultFileError, match=r"run\.json: is no training"):
        run_from(data, "run.json")


def test_numbers_that_cannot_be_are_refused() -> None:
    with pytest.raises(ResultFileError, match="validation accuracy of epoch 1 is 93"):
        EpochPoint(epoch=1, train=0.5, validation=93.0, loss=0.1)
    with pytest.raises(ResultFileError, match="epoch -1"):
        EpochPoint(epoch=-1, train=0.5, validation=0.5, loss=0.1)
    with pytest.raises(ResultFileError, match="layer0: pulses_up -1"):
        LayerCounts(**{**LAYER.__dict__, "pulses_up": -1})
