"""From measured cells to accuracy: a CSV of resistances becomes a device, and the device a chip that reads digits."""

import tempfile
from pathlib import Path

import numpy as np

from spikecim.chips import load_chip, load_device
from spikecim.devices.measured.fit import DeviceFit, fit_device
from spikecim.devices.measured.table import read_measured
from spikecim.devices.measured.write import device_toml
from spikecim.emulator import Emulator
from spikecim.experiments.material import material, network_for

OUT = Path("out/demos/07_your_own_device.png")


def main(small: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder:
        csv, device = Path(folder) / "cells.csv", Path(folder) / "mydevice.toml"
        measure(csv, n_cells=300 if small else 1000)
        fit = fit_device(read_measured(csv))
        for name, state in (("LRS", fit.lrs), ("HRS", fit.hrs)):
            print(f"{name}: {state.law}")
            for parameter, found in state.estimates.items():
                print(f"  {parameter:<18} {found.value:10.4g}   90 % interval {found.low:.4g} .. {found.high:.4g}")
            print(f"  {state.goodness.words()}")
        device.write_text(device_toml(fit, load_device("nominal"), "nominal", name="mydevice"), encoding="utf-8")
        n_chips = 2 if small else 10
        print(f"accuracy on digits, mean of {n_chips} virtual chips:")
        for name in ("ideal", "nominal", str(device)):
            print(f"  {Path(name).stem:<10} {100 * accuracy(name, n_chips):.1f} %")
    draw(fit)


def measure(path: Path, n_cells: int) -> None:
    """A stand-in for a tester: log-normal LRS of which 5 % SET badly, and an HRS of two filament shapes."""
    rng = np.random.default_rng(0)
    low = 8.0 * np.exp(0.2 * rng.standard_normal(n_cells))
    low *= np.where(rng.random(n_cells) < 0.05, rng.uniform(2, 5, n_cells), 1.0)
    high = np.where(rng.random(n_cells) < 0.5, 60, 200) * np.exp(0.3 * rng.standard_normal(n_cells))
    np.savetxt(path, np.column_stack([low, high]), fmt="%.5g", delimiter=",", header="lrs_kohm,hrs_kohm", comments="")


def accuracy(device: str, n_chips: int) -> float:
    chip = load_chip("spirit", {"cell.device": device})
    digits = material(chip, "digits", "test")
    network = network_for(chip, "digits")
    runs = [
        Emulator(chip=chip, network=network, chip_index=k).run(digits.values, digits.labels) for k in range(n_chips)
    ]
    return float(np.mean([run.accuracy() for run in runs]))


def draw(fit: DeviceFit) -> None:
    from spikecim.reports.device import fit_figure
    from spikecim.reports.style import png_of

    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(png_of(fit_figure(fit)))
    print(f"picture: {OUT}")


if __name__ == "__main__":
    main()
