"""How often the 90 % intervals of `spikecim device fit-pulses` hold the truth, over files made of known devices.

python -m benchmarks.pulse_coverage 200
"""

from __future__ import annotations

import argparse

import numpy as np

from spikecim.devices.measured.estimate import Estimate
from spikecim.devices.measured.pulse_fit import PulseFit, fit_trains
from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.devices.pulsed.library import load_pulsed
from tests.devices.measured.pulse_samples import made_trains

# Device, changes, cells, cycles.
CASES: tuple[tuple[str, dict[str, object], int, int], ...] = (
    ("+4/-4~0.5%", {}, 20, 5),
    ("ag-a-si", {}, 20, 5),
    ("fefet", {"read.noise": 0.01}, 20, 5),
    ("+2/-3~1%", {"spread.device_to_device": 0.3, "read.noise": 0.005}, 20, 5),
    ("+2/-3@100~0.5%", {}, 1, 1),
)


def truths(device: PulsedDevice, fit: PulseFit) -> dict[str, tuple[Estimate, float]]:
    """Each estimate of `fit` with what the device has."""
    spec = device.spec
    up, down = spec.potentiation.nonlinearity, spec.depression.nonlinearity
    assert up is not None and down is not None
    low, high = device.window
    found = {
        "NL up": (fit.up.label, up.value),
        "NL down": (fit.down.label, down.value),
        "noise": (fit.noise, spec.noise.cycle_to_cycle.value),
        "read": (fit.read, spec.read.noise.value),
        "g_min": (fit.down.g_min, low),
        "g_max": (fit.up.g_max, high),
    }
    return found if fit.spread is None else {**found, "spread": (fit.spread.both, spec.spread.device_to_device.value)}


def main() -> None:
    """Print, for each device and parameter, the share of intervals that hold and the mean estimate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=int, nargs="?", default=200, help="files of each device")
    n = parser.parse_args().files
    for name, changes, cells, cycles in CASES:
        device = load_pulsed(name, changes)
        found = [truths(device, fit_trains(made_trains(device, cells=cells, cycles=cycles, seed=k))) for k in range(n)]
        print(f"{name} {changes or ''} {cells} cells, {cycles} cycles, {n} files", flush=True)
        for key in found[0]:
            ones, truth = [one[key][0] for one in found], found[0][key][1]
            held = np.mean([one.holds(truth * (1.0 + 1e-9)) or one.holds(truth) for one in ones])
            mean = np.mean([one.value for one in ones])
            print(f"  {key:8s} {100 * held:5.1f} %   mean {mean:.5g}, truth {truth:.5g}", flush=True)


if __name__ == "__main__":
    main()
