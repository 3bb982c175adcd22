"""Tables of docs/spirit-aware.md: `python -m benchmarks.spirit_aware [population|known|layers|figure]` measures them.

`population`, and `figure` of the same, read test images, for the report only; `known` retrains for single chips and
reads them too; `layers` compares choices, on held-out training images.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.analog.spirit_aware import SpiritRecipe, train_spirit
from spikecim.analog.spirit_chips import ideal_table
from spikecim.analog.spirit_choice import Samples
from spikecim.analog.spirit_score import Score, score
from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.datasets.held_out import held_out_split
from spikecim.experiments.material import material
from spikecim.experiments.spirit_aware import AwareExperiment
from spikecim.network import Network
from spikecim.reports.figure_files import write_png
from spikecim.reports.style import CHIP, INK, PUBLISHED, new_figure, note, png_of, styled
from spikecim.streams import stream
from spikecim.training.ready import ready_network

NETWORKS = ("mnist-post-training", "mnist-post-training-scaled", "mnist-quantisation-aware", "mnist-hardware-aware")
TITLES = ("rounded after training (SPIRIT)", "rounded, best scale", "quantisation-aware", "hardware-aware")
AGES = {"fresh": 0.0, "1 h": 3600.0, "1 d": 86400.0}
N_CHIPS, N_KNOWN = 100, 6
CHOICE_SEED = 777  # chips that neither a training, its choice of weights nor a report sees


def main(which: list[str]) -> None:
    """Print the tables asked for, all without a name."""
    tables = {"population": population, "known": known, "layers": layers, "figure": figure}
    for name, table in tables.items():
        if not which or name in which:
            table()


def population() -> None:
    """Test images on N_CHIPS virtual chips, for every shipped network, at every age; and on the ideal chip."""
    chip, ideal = load_chip("spirit"), load_chip("spirit-ideal")
    test = material(chip, "mnist", "test")
    trains = chip.rate_code().encode(test.values, 0)
    print("| network | ideal chip | age | median | 5 % | 95 % | mean | worst | spikes |")
    means: dict[tuple[str, str], NDArray[np.float64]] = {}
    for name in NETWORKS:
        network = ready_network(name)
        best = score(ideal, network, trains, test.labels, chips=range(1)).accuracy[0]
        for age, seconds in AGES.items():
            found = score(chip, network, trains, test.labels, chips=range(N_CHIPS), seconds=seconds)
            means[name, age] = found.accuracy
            print(f"| {name} | {100 * best:.2f} | {age} | {_row(found)} |", flush=True)
    for age in AGES:
        before, after = (means[name, age] for name in (NETWORKS[0], NETWORKS[-1]))
        gain = 100 * (after - before)
        low, middle, high = np.quantile(gain, [0.05, 0.5, 0.95])
        half = 1.645 * gain.std(ddof=1) / len(gain) ** 0.5
        print(f"gain at {age}: median {middle:.2f}, {low:.2f} .. {high:.2f}, mean {gain.mean():.2f} +- {half:.2f}")


def figure() -> None:
    """Every chip as a mark, one hour after programming, beside the ideal chip."""
    chip, ideal = load_chip("spirit"), load_chip("spirit-ideal")
    test = material(chip, "mnist", "test")
    trains = chip.rate_code().encode(test.values, 0)
    with styled():
        drawn = new_figure(3.2)
        axes = drawn.subplots()
        for place, (name, title) in enumerate(zip(NETWORKS, TITLES, strict=True)):
            network = ready_network(name)
            found = 100 * score(chip, network, trains, test.labels, chips=range(N_CHIPS), seconds=3600.0).accuracy
            best = 100 * score(ideal, network, trains, test.labels, chips=range(1)).accuracy[0]
            spread = 0.18 * stream(0, "figure", name).uniform(-1, 1, len(found))
            axes.scatter(found, -place + spread, s=9, color=CHIP, alpha=0.45, linewidths=0)
            axes.plot(np.median(found), -place, "|", color=INK, markersize=20, markeredgewidth=1.8)
            axes.plot(best, -place, "D", color=PUBLISHED, markersize=6)
            note(axes, title, (77.5, -place), (0, 15))
        note(axes, "ideal chip", (best, -place), (0, -16), color=PUBLISHED, ha="center")
        note(axes, "median of 100 chips", (float(np.median(found)), -place), (-6, -16), color=INK, ha="right")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlim(77.0, 93.0)
        axes.set_ylim(-place - 0.6, 0.6)
        axes.grid(axis="x")
        axes.set_xlabel("Accuracy one hour after programming (%)")
    write_png(png_of(drawn), Path("docs/figures/spirit-aware.png"))


def layers() -> None:
    """Held-out images: the two spiking layers, and the same training without errors of the chip."""
    chip, fit, held_out = _task()
    trains = chip.rate_code().encode(held_out.values, CHOICE_SEED)
    exact = ideal_table(chip)
    short = SpiritRecipe(steps=1000, rate=0.3)
    cases = {
        "curve, 1000 steps": (short, None),
        "steps of 20 ticks, 1000 steps": (replace(short, layer="steps", step_ticks=20), None),
        "curve": (SpiritRecipe(), None),
        "curve, chips without errors": (SpiritRecipe(), lambda step, weights: exact),
    }
    print("| training | CPU s | median | 5 % | 95 % | mean | worst | spikes |")
    for name, (recipe, draw) in cases.items():
        began = time.process_time()
        network = train_spirit(chip, fit, held_out, recipe, draw=draw)
        spent = time.process_time() - began
        found = score(chip, network, trains, held_out.labels, chips=range(48), seed=CHOICE_SEED, seconds=3600.0)
        print(f"| {name} | {spent:.0f} | {_row(found)} |", flush=True)


def known() -> None:
    """Test images: single chips with the weights for all chips, and with those retrained for the chip."""
    chip = load_chip("spirit")
    test = material(chip, "mnist", "test")
    trains = chip.rate_code().encode(test.values, 0)

    def right(network: Network, index: int) -> float:
        chips = range(index, index + 1)
        return 100 * float(score(chip, network, trains, test.labels, chips=chips, seconds=3600.0).accuracy[0])

    print("| chip | post-training | hardware-aware | retrained for it |")
    for index in range(N_KNOWN):
        own = AwareExperiment(chip_index=index).run()
        found = [right(ready_network(NETWORKS[0]), index), right(ready_network(NETWORKS[-1]), index), right(own, index)]
        print(f"| {index} | " + " | ".join(f"{value:.2f}" for value in found) + " |", flush=True)


def _task() -> tuple[ChipSpec, Samples, Samples]:
    chip = load_chip("spirit")
    train = material(chip, "mnist", "train")
    fit, held_out = (
        Samples(values=train.values[chosen], labels=train.labels[chosen])
        for chosen in held_out_split(len(train.labels))
    )
    return chip, fit, held_out


def _row(found: Score) -> str:
    middle, low, high = (100 * value for value in found.interval())
    mean, worst = 100 * found.accuracy.mean(), 100 * found.accuracy.min()
    return f"{middle:.2f} | {low:.2f} | {high:.2f} | {mean:.2f} | {worst:.2f} | {found.inputs.mean():.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
