"""Open the Brian2 engine: record the membranes of one image, and add an equation of your own to the network."""

from pathlib import Path

import numpy as np

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.engines.brian import build_network
from spikecim.experiments.material import material_or_fallback, network_for

OUT = Path("out/demos/06_brian2_with_your_monitor.png")


def main(small: bool = False) -> None:
    import brian2

    brian2.prefs.codegen.target = "numpy"  # one small network: not worth compiling
    chip = load_chip("spirit", {"coding.window": "300 us"} if small else None)
    test = material_or_fallback(chip, "mnist", "test", limit=1)
    emulator = Emulator(chip=chip, network=network_for(chip, test.dataset))
    virtual, trains = emulator.program(), emulator.encode(test.values)

    model = build_network(virtual.program, trains)
    tick = chip.tick_s * brian2.second
    # Yours, part 1: a monitor. "end" sees the membrane after thresholds and resets, as the next tick finds it.
    membrane = brian2.StateMonitor(model.neurons, "q", record=True, dt=tick, when="end")
    # Yours, part 2: an equation. A slow probe on every membrane, as an oscilloscope with a 20 us input would see it.
    probe = brian2.NeuronGroup(10, "dy/dt = (q - y) / tau : 1\nq : 1 (linked)", dt=tick, method="euler")
    probe.q = brian2.linked_var(model.neurons, "q")
    slow = brian2.StateMonitor(probe, "y", record=True, dt=tick, when="end")
    model.network.add(membrane, probe, slow)
    model.network.run(model.duration, namespace={"tau": 20 * brian2.usecond})

    units, signs = np.array(membrane.q) / virtual.unit, np.sign(np.array(model.spikes.q))
    scores = np.bincount(model.spikes.i, weights=signs, minlength=10).astype(int)
    print(f"a {test.labels[0]} of {test.dataset}: {trains.n_spikes} input spikes, window of {trains.n_ticks} ticks")
    print("neuron             ", *(f"{n:5d}" for n in range(10)))
    print("positive - negative", *(f"{score:5d}" for score in scores))
    print("mean of slow probe ", *(f"{value:5.1f}" for value in np.array(slow.y).mean(1) / virtual.unit))
    winner = int(scores.argmax())
    draw(units[winner], np.array(slow.y)[winner] / virtual.unit, winner)


def draw(membrane: np.ndarray, probe: np.ndarray, winner: int) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(membrane, linewidth=0.7, label=f"membrane of neuron {winner}")
    axes.plot(probe, label="your slow probe")
    axes.axhline(4, linestyle="dashed", color="gray")
    axes.axhline(-4, linestyle="dashed", color="gray")
    axes.set(xlabel="tick (1 us)", ylabel="weight units")
    axes.legend(loc="lower right")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(OUT, dpi=150)
    print(f"picture: {OUT}")


if __name__ == "__main__":
    main()
