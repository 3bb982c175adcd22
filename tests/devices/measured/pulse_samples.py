"""Measured pulse trains made from a known device, cell by cell and pulse by pulse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.pulse_trains import PulseTrains, Trains
from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.streams import stream

FloatArray = NDArray[np.float64]
_HEAD = "cell,cycle,direction,pulse,conductance_uS\n"


def made_trains(device: PulsedDevice, *, cells: int = 20, cycles: int = 5, seed: int = 0) -> PulseTrains:
    """Trains of the pulses that lead from end to end; each starts at its end of the window, and every pulse is read."""
    low, high = device.window
    up, down = (round(count) for count in device.law.crossings)
    array, step, found = device.build((cells,), seed, "made"), 0, {1: [], -1: []}  # type: ignore[var-annotated]
    for _ in range(cycles):
        for sign, pulses in ((1, up), (-1, down)):
            array.program(np.full(cells, 0.0 if sign > 0 else 1.0, np.float32))
            states = [array.x.astype(np.float64)]
            for _pulse in range(pulses):
                array.pulse(np.full(cells, sign, np.int16), step)
                states.append(array.x.astype(np.float64))
                step += 1
            found[sign].append(np.array(states).T)
    noise = stream(seed, "reads")
    sides = []
    for sign in (1, -1):
        x = np.concatenate(found[sign])
        x = x + device.spec.read.noise.value * noise.standard_normal(x.shape)
        cell = np.tile(np.arange(cells), cycles)
        sides.append(Trains(conductance=np.maximum(low + (high - low) * x, 0.0), cell=cell, first=0, stride=1))
    names = tuple(f"c{number}" for number in range(cells))
    return PulseTrains(file="made.csv", digest="0" * 64, cells=names, up=sides[0], down=sides[1])


def write_trains(trains: PulseTrains, path: Path) -> Path:
    """The trains as a CSV file in uS."""
    lines = [_HEAD]
    for word, side in (("up", trains.up), ("down", trains.down)):
        for number, train in enumerate(side.conductance):
            lines += [
                f"{trains.cells[side.cell[number]]},{number},{word},{pulse},{1e6 * value:.9g}\n"
                for pulse, value in enumerate(train)
            ]
    path.write_text("".join(lines), encoding="utf-8")
    return path
