"""Figures and tables of a device hold what was measured, and each figure writes the same bytes twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spikecim.arrays.codes.unary_bipolar import UnaryBipolar
from spikecim.chips import load_device
from spikecim.devices.measured.fit import DeviceFit, fit_device
from spikecim.devices.oxram import SlcOxram
from spikecim.devices.portrait import portrait
from spikecim.reports.cell_image import cell_image
from spikecim.reports.device import device_figure, fit_figure
from spikecim.reports.device_tables import device_json, fit_json
from spikecim.reports.figure_files import save_figure
from tests.devices.measured.samples import BODY, HIGH, body, measured
from tests.devices.measured.test_write import fitted


@pytest.mark.parametrize(("kind", "panels"), [("cells", 2), ("shape", 2), ("times", 3)])
def test_fit_figure_names_states_and_has_a_panel_for_time(kind: str, panels: int) -> None:
    fit = fitted(kind)
    figure = fit_figure(fit)
    assert len(figure.axes) == panels
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert f"LRS, {fit.lrs.n}" in texts
    assert f"HRS, {fit.hrs.n}" in texts
    assert all(axes.get_title(loc="left") for axes in figure.axes)


def test_the_curve_in_the_histogram_expects_as_many_cells_as_there_are() -> None:
    rng = np.random.default_rng(0)
    fit: DeviceFit = fit_device(measured(body(rng, 4000, BODY), body(rng, 4000, HIGH)))
    for line in fit_figure(fit).axes[0].lines:
        log_r, per_bin = np.log(line.get_xdata()), np.asarray(line.get_ydata())
        everything = np.log10(np.exp(np.concatenate([fit.lrs.log_r, fit.hrs.log_r])))
        first, last = everything.min(), everything.max()
        width = np.log(10) * (last - first + 0.04) / (max(12, round(18 * (last - first))) - 1)
        assert np.trapezoid(per_bin, log_r) / width == pytest.approx(4000, rel=0.01)


def test_device_figure_and_its_files(tmp_path: Path) -> None:
    found = portrait(load_device("nominal"), n_cells=2000)
    assert len(device_figure(found).axes) == 3
    assert len(device_figure(portrait(load_device("ideal"), n_cells=200)).axes) == 2
    written = save_figure(device_figure(found), tmp_path / "my.device")
    assert [path.name for path in written] == ["my.device.png", "my.device.svg"]
    first = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in save_figure(device_figure(found), tmp_path / "my.device")] == first


def test_json_holds_every_parameter() -> None:
    device = load_device("nominal")
    data = device_json("nominal", device, portrait(device, n_cells=200))
    assert {"lrs.median", "relaxation.hrs.spread"} <= {row["path"] for row in data["parameters"]}
    assert fit_json(fitted("times"))["relaxation"]["lrs"]["times_s"] == [1e-2, 1.0, 3600.0, 1e5]
    assert 0 < fit_json(fitted("cycles"))["cell_share"]["value"] < 1


def test_cell_image_has_a_pixel_for_every_cell() -> None:
    weights = np.random.default_rng(1).integers(-4, 5, (12, 5)).astype(np.int8)
    cells = SlcOxram(spec=load_device("nominal")).program(UnaryBipolar(levels=4).targets(weights), 1, "image")
    picture = cell_image(cells).axes[0].images[0]
    np.testing.assert_allclose(np.asarray(picture.get_array()), np.log10(cells.resistance).reshape(12, 40))
