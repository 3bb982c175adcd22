"""Hold all engines against each other on real images, on the ideal and on a nominal chip."""

from __future__ import annotations

from dataclasses import dataclass

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.engines import ENGINES
from spikecim.experiments.material import material_or_fallback, network_for
from spikecim.progress import Stage, silent
from spikecim.results.replay import replay

REFERENCE = "stepper"
CHIPS = ("spirit-ideal", "spirit")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One engine against the oracle on one chip."""

    chip: str
    engine: str
    spikes: int
    differing: int
    difference: str | None


@dataclass(frozen=True, kw_only=True)
class Verification:
    """All comparisons of a `verify` call."""

    dataset: str
    images: int
    comparisons: list[Comparison]

    @property
    def spikes(self) -> int:
        return sum(c.spikes for c in self.comparisons)

    @property
    def differing(self) -> int:
        return sum(c.differing for c in self.comparisons)

    @property
    def identical(self) -> bool:
        return all(c.difference is None for c in self.comparisons)

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "dataset": self.dataset,
            "images": self.images,
            "spikes_compared": self.spikes,
            "spikes_differing": self.differing,
            "identical": self.identical,
            "comparisons": [c.__dict__ for c in self.comparisons],
        }

    def lines(self) -> list[str]:
        """Short text for a terminal."""
        width = max(len(c.chip) for c in self.comparisons)
        rows = [
            f"{c.chip:<{width}} {REFERENCE} = {c.engine:<7} {c.spikes:>9,} spikes, {c.differing} differing"
            + (f"; first: {c.difference}" if c.difference else "; decisions and counts identical")
            for c in self.comparisons
        ]
        head = f"{self.images} {self.dataset}, engines {', '.join(ENGINES)}"
        return [head, *rows, f"{self.spikes:,} spikes compared, {self.differing} differing"]


def verify(dataset: str, images: int | None, seed: int, progress: Stage = silent) -> Verification:
    """Run `images` test images on every engine; the stepper is the reference."""
    comparisons, others = [], [name for name in ENGINES if name != REFERENCE]
    for chip_name in CHIPS:
        chip = load_chip(chip_name)
        test = material_or_fallback(chip, dataset, "test", limit=images)
        emulator = Emulator(chip=chip, network=network_for(chip, test.dataset), seed=seed, engine=REFERENCE)
        progress(f"{chip_name}: {REFERENCE}", 0, 1)
        run = emulator.run(test.values, test.labels)
        for name in others:
            progress(f"{chip_name}: {name}", 0, 1)
            again = replay(run, name, saved=f"the run on {REFERENCE}")
            comparisons.append(
                Comparison(
                    chip=chip_name,
                    engine=name,
                    spikes=again.spikes_compared,
                    differing=again.spikes_differing,
                    difference=again.difference,
                )
            )
    return Verification(dataset=f"{test.dataset} images", images=len(test.labels), comparisons=comparisons)
