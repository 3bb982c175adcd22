"""Program 100,000 RRAM cells of every device preset: resistances, verify pulses, cells that never made it."""

from pathlib import Path

import numpy as np

from spikecim.chips import device_names, load_chip
from spikecim.devices.oxram import Cells, SlcOxram

OUT = Path("out/demos/02_cell_statistics.png")


def main(small: bool = False) -> None:
    n_cells = 2_000 if small else 100_000
    targets = np.arange(n_cells) % 2 == 0  # every other cell to LRS (True), the rest to HRS
    programmed = {}
    print(f"{n_cells:,} cells each      LRS kohm (1 / 50 / 99 %)    HRS kohm (1 / 50 / 99 %)   pulses  failed   nJ")
    for name in device_names():
        cell = SlcOxram(spec=load_chip("spirit", {"cell.device": name}).cell)
        cells = programmed[name] = cell.program(targets, 0, "demo")
        energy_nj = cell.programming_energy(cells) * 1e9
        print(
            f"{name:<16} {percentiles(cells.resistance[targets])}  {percentiles(cells.resistance[~targets])}"
            f"  {cells.pulses.mean():6.2f}  {(~cells.verified).mean():6.2%} {energy_nj:7.0f}"
        )
    print("failed: outside its window after the last pulse. Presets with write-verify pulse again, the others do not.")
    draw(programmed, targets)


def percentiles(resistance: np.ndarray) -> str:
    return " / ".join(f"{value / 1e3:8.2f}" for value in np.percentile(resistance, [1, 50, 99]))


def draw(programmed: dict[str, Cells], targets: np.ndarray) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for number, (name, cells) in enumerate(programmed.items()):
        for state, style in ((targets, "-"), (~targets, "--")):
            ohm = np.sort(cells.resistance[state])
            label = name if style == "-" else None
            axes.plot(ohm, (np.arange(len(ohm)) + 0.5) / len(ohm), style, color=f"C{number}", label=label)
    axes.set(xscale="log", xlabel="resistance (ohm)", title="solid: LRS, dashed: HRS")
    axes.set(yscale="logit", ylabel="share of cells below")  # a logit axis, because the tails decide
    axes.legend()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(OUT, dpi=150)
    print(f"picture: {OUT}")


if __name__ == "__main__":
    main()
