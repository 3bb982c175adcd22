"""Limits of the array on a named data set: brings material, network and ideal chip together for `explore.limits`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from spikecim.arrays.groups import LONE_CELLS, READS
from spikecim.arrays.wires_spec import GATED, PASSIVE
from spikecim.chips import load_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.chips.spec import ChipSpec
from spikecim.emulator import Emulator
from spikecim.errors import ParameterError, hint
from spikecim.experiments.material import Material, held_out, material_or_fallback, network_for, provenance
from spikecim.explore.limits import CURVE_OHMS, LEAK, OHMS, RATIOS, SIDES, LimitScene, study_limits
from spikecim.progress import Stage, silent
from spikecim.results.limits import LimitStudy
from spikecim.units import format_quantity, parse_quantity

VALIDATION = "validation"

_CHOICES = {"trim": (LONE_CELLS, READS), "split": ("test", VALIDATION), "kind": (PASSIVE, GATED)}


@dataclass(frozen=True, kw_only=True)
class LimitsExperiment:
    """What to embed, in which arrays.

    Attributes
    ----------
    chip : str
        Chip name or file; `overrides` as in `load_chip`.
    dataset, split : str
        ``"test"``, or ``"validation"``: the images that training held out.
    n_chips, seed : int
    limit : int or None
        Only the first images.
    kinds, ohms, curve_ohms, ratios, sides, trim, leak
        As in `explore.limits.LimitScene`.
    """

    chip: str = "spirit"
    overrides: Mapping[str, object] = field(default_factory=dict)
    dataset: str = "mnist"
    split: str = "test"
    n_chips: int = 20
    seed: int = 0
    limit: int | None = None
    kinds: Sequence[str] = (PASSIVE, GATED)
    ohms: Sequence[float] = OHMS
    curve_ohms: Sequence[float] = CURVE_OHMS
    ratios: Sequence[float] = RATIOS
    sides: Sequence[int] = SIDES
    trim: str = READS
    leak: float = LEAK

    def run(self, progress: Stage = silent) -> LimitStudy:
        """Run everything; an interrupt keeps the chips done so far."""
        chip = load_chip(self.chip, self.overrides)
        progress("data", 0, 1)
        images = self._images(chip)
        network = network_for(chip, images.dataset)
        progress("ideal chip", 0, 1)
        ideal = Emulator(chip=ideal_twin(chip), network=network, seed=self.seed).run(images.values, images.labels)
        scene = LimitScene(
            chip=chip,
            network=network,
            trains=ideal.trains,
            labels=images.labels,
            ideal_accuracy=ideal.accuracy(),
            n_chips=self.n_chips,
            seed=self.seed,
            kinds=self.kinds,
            ohms=self.ohms,
            curve_ohms=self.curve_ohms,
            ratios=self.ratios,
            sides=self.sides,
            trim=self.trim,
            leak=self.leak,
            facts=self._facts(chip, images, network.name),
        )
        return study_limits(scene, progress)

    def _facts(self, chip: ChipSpec, images: Material, network: str) -> dict[str, str]:
        leak = self.leak if chip.wires is None else chip.wires.leak.value
        return {
            **provenance(chip, self.chip, images),
            "split": images.split,
            "network": network,
            "trim": self.trim,
            "leak": format_quantity(leak, "siemens"),
        }

    def _images(self, chip: ChipSpec) -> Material:
        if self.split == VALIDATION:
            train = material_or_fallback(chip, self.dataset, "train", progress=True)
            return replace(held_out(train, self.limit), split=VALIDATION)
        return material_or_fallback(chip, self.dataset, self.split, limit=self.limit, progress=True)


def read_limits(
    experiment: LimitsExperiment, ohms: Sequence[str] | None, leak: str | None, **varied: Sequence[object] | None
) -> LimitsExperiment:
    """`experiment` with what a command line says of the arrays; None keeps what is there.

    Parameters
    ----------
    ohms, leak : text with units
    varied : kinds, ratios, sides

    Raises
    ------
    ParameterError
        Naming the option, what is allowed, or why it would be without effect.
    """
    for name, values in (
        ("trim", [experiment.trim]),
        ("split", [experiment.split]),
        ("kind", varied.get("kinds") or []),
    ):
        for value in values:
            if value not in _CHOICES[name]:
                allowed = ", ".join(_CHOICES[name])
                raise ParameterError(f"--{name} {value}: {hint(str(value), _CHOICES[name], f'allowed: {allowed}')}")
    wires = load_chip(experiment.chip, experiment.overrides).wires
    if wires is not None and varied.get("kinds"):
        raise ParameterError(
            f"--kind: without effect, since the chip states wires.kind {wires.kind.value}; leave it out"
        )
    if leak is not None and (wires is not None or varied.get("kinds") == [PASSIVE]):
        raise ParameterError(
            "--leak: without effect, since the chip states wires.leak, or no array is gated; leave it out"
        )
    changes: dict[str, object] = {
        name: tuple(dict.fromkeys(values)) if name == "kinds" else tuple(sorted(set(values)))  # type: ignore[type-var]
        for name, values in varied.items()
        if values
    }
    if ohms:
        read = tuple(sorted({_ohms(text) for text in ohms}))
        changes |= {"ohms": read, "curve_ohms": read}
    if leak is not None:
        changes["leak"] = _positive("--leak", leak, "siemens")
    return replace(experiment, **changes)  # type: ignore[arg-type]


def _ohms(text: str) -> float:
    return _positive("--ohm", text, "ohm")


def _positive(option: str, text: str, unit: str) -> float:
    try:
        value = parse_quantity(text, unit)
    except ValueError as fault:
        raise ParameterError(f"{option} {text}: {fault}") from None
    if value < 0 or (value == 0 and unit == "ohm"):
        raise ParameterError(f"{option} {text}: must be {'above' if unit == 'ohm' else 'at least'} 0 {unit}")
    return value
