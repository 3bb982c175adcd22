"""The written device file loads, keeps the base where the file is silent, names its origin, and runs."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip, load_device
from spikecim.chips.spec import DeviceFile
from spikecim.devices.measured.fit import DeviceFit, fit_device
from spikecim.devices.measured.write import device_toml
from spikecim.network import Network
from spikecim.parameters import walk
from tests.devices.measured.samples import BODY, HIGH, TAIL, body, cell_numbers, cycled, measured, with_tail
from tests.devices.measured.test_relaxation_fit import followed


@functools.cache
def fitted(kind: str) -> DeviceFit:
    rng = np.random.default_rng(1)
    if kind == "cycles":
        size = (30, 10)
        low, high = (cycled(rng, size, law, 0.6) for law in (BODY, HIGH))
        return fit_device(measured(low, high, "cycles", cell=cell_numbers(size)))
    if kind == "times":
        readings = {state: followed(2, 60, low=state == "lrs") for state in ("lrs", "hrs")}
        # The cells of that law start from one level; spread them.
        spread = {state: one.resistance * np.exp(np.tile(body(rng, 60, {"median": 1.0, "sigma_ln": 0.1}), 5))
                  for state, one in readings.items()}  # fmt: skip
        parts = {state: readings[state].__class__(resistance=spread[state], cell=one.cell, time=one.time)
                 for state, one in readings.items()}  # fmt: skip
        whole = measured(body(rng, 40, BODY), body(rng, 40, HIGH), "times")
        return fit_device(whole.__class__(file="cells.csv", digest=whole.digest, kind="times", **parts))
    low = with_tail(rng, 200, BODY | TAIL) if kind == "tail" else body(rng, 200, BODY)
    return fit_device(measured(low, body(rng, 200, HIGH)), empirical=kind == "shape")


def written(folder: Path, fit: DeviceFit, base: str = "nominal", **how: Any) -> DeviceFile:
    (folder / "mine.toml").write_text(device_toml(fit, load_device(base), base, name="mine", **how))
    return load_device(str(folder / "mine.toml"))


@pytest.mark.parametrize("base", ["nominal", "ideal", "pessimistic", "technology-c"])
@pytest.mark.parametrize("kind", ["cells", "tail", "shape", "cycles", "times"])
def test_what_was_measured_is_written_and_the_rest_is_the_base(tmp_path: Path, kind: str, base: str) -> None:
    fit = fitted(kind)
    device = written(tmp_path, fit, base)
    found, kept = dict(walk(device)), dict(walk(load_device(base)))
    for state in ("lrs", "hrs"):
        for name, estimate in fit.of(state).estimates.items():
            parameter = found[f"{state}.{name}"]
            assert parameter.value == pytest.approx(estimate.value, rel=1e-5)
            assert parameter.status == "measured"
            assert "cells.csv" in parameter.source
            assert "90 % interval" in parameter.source
        assert found.get(f"{state}.shape") is None or kind == "shape"
    measured_names = ("lrs.", "hrs.", "cell_share", "relaxation.")
    for path, parameter in kept.items():
        if not path.startswith(measured_names) or path.endswith("read_noise_rel"):
            assert found[path] == parameter
    assert (found["cell_share"].status == "measured") == (kind == "cycles")
    if kind == "times":
        assert found["relaxation.lrs.times"].value == (1e-2, 1.0, 3600.0, 1e5)
        assert found["relaxation.hrs.spread"].status == "measured"
        assert found["relaxation.horizon"].value >= 1e5
    elif "relaxation.lrs.spread" in kept:
        assert found["relaxation.lrs.spread"] == kept["relaxation.lrs.spread"]
        assert found["relaxation.lrs.reference"].value == found["lrs.median"].value
    assert "sha256 000000000000" in device.sources["cells.csv"]
    assert set(load_device(base).sources) < set(device.sources)


def test_a_device_fitted_on_a_shaped_base_drops_its_shape(tmp_path: Path) -> None:
    written(tmp_path, fitted("shape"))
    (tmp_path / "base.toml").write_bytes((tmp_path / "mine.toml").read_bytes())
    assert load_device(str(tmp_path / "base.toml")).lrs.shape is not None
    assert written(tmp_path, fitted("cells"), str(tmp_path / "base.toml")).lrs.shape is None


def test_the_same_fit_gives_the_same_bytes() -> None:
    texts = {
        device_toml(fit("tail"), load_device("nominal"), "nominal", name="mine") for fit in (fitted, fitted.__wrapped__)
    }
    assert len(texts) == 1


def test_without_verify_cells_are_as_measured(tmp_path: Path) -> None:
    rules = written(tmp_path, fitted("cells"), verify=False).programming
    assert (rules.mode.value, rules.max_pulses.value) == ("one-pulse", 1)


def test_a_file_name_with_quotes_is_written_all_the_same(tmp_path: Path) -> None:
    fit = fitted("cells")
    odd = fit.measured.__class__(**{**vars(fit.measured), "file": 'my "best"\\cells\n.csv'})
    device = written(tmp_path, fit.__class__(**{**vars(fit), "measured": odd}))
    assert 'my "best"\\cells\n.csv' in device.sources


def test_a_chip_with_the_device_programs(tmp_path: Path) -> None:
    written(tmp_path, fitted("tail"))
    chip = load_chip("spirit", {"cell.device": str(tmp_path / "mine.toml")})
    assert chip.cell.device == "mine.toml"
    network = Network(weights=np.random.default_rng(0).integers(-4, 5, (144, 10)).astype(np.int8))
    low = build(chip, network, 1).cells
    assert np.median(low.resistance[low.target]) == pytest.approx(chip.cell.lrs.median.value, rel=0.05)
