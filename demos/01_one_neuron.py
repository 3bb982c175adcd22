"""One SPIRIT neuron under hand-made spikes: two thresholds, soft reset, a refractory time that goes on integrating."""

from pathlib import Path

import numpy as np
from scipy.constants import elementary_charge

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.engines import get_engine
from spikecim.network import network_from_array
from spikecim.spikes import trains_from_lists

OUT = Path("out/demos/01_one_neuron.png")
WEIGHTS = [[+3], [-2]]  # two input lines, one neuron; the threshold is 4 weight units
STIMULUS = [(2, 0), (5, 0), (6, 0), (14, 1), (17, 1), (20, 1)]  # (tick, line)


def main(small: bool = False) -> None:
    n_ticks = 25 if small else 30
    # The ideal chip shrunk to one neuron; 5 us of refractory period (SPIRIT: 2 us) can be seen in the picture.
    chip = load_chip("spirit-ideal", {"geometry.n_in": 2, "geometry.n_out": 1, "neuron.refractory": "5 us"})
    virtual = build(chip, network_from_array(np.array(WEIGHTS), limit=4), seed=0)

    # An engine returns spikes and the charge at the end of the window: growing windows give the membrane over time.
    membrane = np.zeros(n_ticks)
    for end in range(1, n_ticks + 1):
        program = virtual.program.with_(n_ticks=end, delta_s=None)
        spikes = [(tick, line, +1) for tick, line in STIMULUS if tick < end]
        record = get_engine("event").run(program, trains_from_lists([spikes], n_in=2, n_ticks=end))
        membrane[end - 1] = record.residual[0, 0] / virtual.unit
    fired = dict(zip(record.ticks.tolist(), record.signs.tolist(), strict=True))

    print("tick  input  membrane  output   (membrane in weight units, thresholds at +4 and -4)")
    arrivals = dict(STIMULUS)
    for tick in sorted({*arrivals, *fired}):
        weight = f"{WEIGHTS[arrivals[tick]][0]:+d}" if tick in arrivals else ""
        print(f"{tick:4d}  {weight:>5}  {membrane[tick]:+8.0f}  {fired.get(tick, 0) or '':>6}")
    print("tick 5: 3 + 3 = 6 fires, 4 is subtracted, 2 stays. tick 6: the third +3 arrives within the refractory time,")
    print("is kept, and fires at tick 10 without further input. tick 20: the lower threshold sends a negative spike.")
    volts_per_unit = virtual.unit * elementary_charge / chip.neuron.capacitance.value
    draw(membrane * volts_per_unit, chip.neuron.threshold_voltage.value, fired)


def draw(volts: np.ndarray, threshold: float, fired: dict[int, int]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    axes.step(np.arange(len(volts)), volts, where="post", color="black")
    for tick, sign in fired.items():
        axes.plot(tick, sign * threshold, marker="^" if sign > 0 else "v", color="tab:red", markersize=10)
    axes.hlines([threshold, -threshold], 0, len(volts), colors="tab:blue", linestyles="dashed")
    axes.set(xlabel="tick (1 us)", ylabel="membrane after the tick (V)", title="triangles: output spikes")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(OUT, dpi=150)
    print(f"picture: {OUT}")


if __name__ == "__main__":
    main()
