"""Compares conversions on chips: one network, one set of images, one row for each pair that works."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.conversion.base import Conversion
from spikecim.conversion.prepare import Bounds
from spikecim.conversion.registry import conversions_for
from spikecim.errors import ParameterError, SpikecimError
from spikecim.explore.compare_chip import Rig, bounds_of, load_rig
from spikecim.explore.compare_material import check_labels
from spikecim.explore.compare_row import RowMaker, Trial, row_name
from spikecim.explore.population import check_n_chips
from spikecim.layered.network import SpikingNetwork
from spikecim.models.forward import Values, forward
from spikecim.models.model import AnnModel
from spikecim.progress import Stage, silent
from spikecim.results.comparison import Comparison, ComparisonRow, Refusal


@dataclass(frozen=True, kw_only=True)
class CompareScene:
    """What is compared, on what.

    Attributes
    ----------
    network : AnnModel
    calibration : float32 (n, *input_shape) in [0, 1]
        Training images.
    images : float32 (n_samples, *input_shape) in [0, 1]
    labels : int (n_samples,)
    dataset, origin : str
    conversions : sequence of str
        None given: all that take the network.
    chips : sequence of str
        Names of chips of several cores, or chip files.
    n_chips, seed : int
        Virtual chips of each row.
    steps, slices, delta_s : int or None
        None for each chip's own; a `delta_s` of 0 shows every image to its end.
    overrides : mapping of str
        As of `load_multi_chip`, for all chips.
    facts : dict of str
        Where network and images come from; seed, chips and overrides are added.
    """

    network: AnnModel
    calibration: Values
    images: Values
    labels: NDArray[np.integer]
    dataset: str
    origin: str
    conversions: Sequence[str] = ()
    chips: Sequence[str] = ("spirit-multi-ideal", "spirit-multi")
    n_chips: int = 20
    seed: int = 0
    steps: int | None = None
    slices: int | None = None
    delta_s: int | None = None
    overrides: Mapping[str, object] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


def compare(scene: CompareScene, progress: Stage = silent) -> Comparison:
    """Measure every conversion on every chip; an interrupt keeps the rows that are finished.

    A conversion or a chip that does not take the network becomes a `Refusal`, unless nothing else is left.

    Raises
    ------
    ParameterError, ConversionError
        If a name is unknown, a number out of range, or there is no row because all pairs were refused.
    """
    _check(scene)
    rigs = [load_rig(name, scene.overrides) for name in scene.chips]
    found = conversions_for(scene.network, scene.conversions)
    pairs = [(conversion, rig) for conversion in found for rig in rigs]
    progress("float ANN", 0, 1)
    job = _Job(scene, progress)
    interrupted = job.run(pairs)
    return Comparison(
        network=scene.network.name,
        dataset=scene.dataset,
        origin=scene.origin,
        n_samples=len(scene.labels),
        ann_accuracy=float((job.trial.ann == scene.labels).mean()),
        macs=scene.network.macs(),
        rows=tuple(job.rows),
        refused=tuple(job.refused),
        interrupted=interrupted,
        facts=_facts(scene),
    )


class _Job:
    """Measures pairs one after another and keeps what is finished."""

    def __init__(self, scene: CompareScene, progress: Stage) -> None:
        self._scene, self._progress = scene, progress
        self._classes = Classes(scene.images)
        self._converted: dict[tuple[str, Bounds], SpikingNetwork] = {}
        self.trial = Trial(
            images=scene.images,
            labels=scene.labels,
            ann=self._classes.of(scene.network),
            delta_s=scene.delta_s,
            n_chips=scene.n_chips,
            seed=scene.seed,
        )
        self.rows: list[ComparisonRow] = []
        self.refused: list[Refusal] = []

    def run(self, pairs: Sequence[tuple[Conversion, Rig]]) -> bool:
        """Measure `pairs`; whether an interrupt cut it short. Raises the first refusal if there is nothing else."""
        errors: list[SpikecimError] = []
        try:
            for conversion, rig in pairs:
                try:
                    self.rows.append(self._row(conversion, rig))
                except SpikecimError as error:
                    errors.append(error)
                    self.refused.append(Refusal(conversion=conversion.name, chip=rig.name, reason=str(error)))
        except KeyboardInterrupt:
            if not self.rows:
                raise
            return True
        if errors and not self.rows:
            raise errors[0]
        return False

    def _row(self, conversion: Conversion, rig: Rig) -> ComparisonRow:
        self._progress(row_name(conversion.name, rig.name), 0, 1)
        network = self._network(conversion, rig)
        maker = RowMaker(rig, network, self.trial, self._progress)
        return maker.row(self._classes.of(network.quantised))

    def _network(self, conversion: Conversion, rig: Rig) -> SpikingNetwork:
        """The spiking network; chips of the same bounds share it."""
        scene = self._scene
        key = (conversion.name, bounds_of(rig.chip, scene.steps, scene.slices))
        if key not in self._converted:
            self._converted[key] = conversion(scene.network, scene.calibration, key[1])
        return self._converted[key]


def _check(scene: CompareScene) -> None:
    check_n_chips(scene.n_chips)
    if not scene.chips:
        raise ParameterError("no chip is given")
    if scene.delta_s is not None and scene.delta_s < 0:
        raise ParameterError(f"delta_s: must be 0 (show every image to its end) or more, got {scene.delta_s}")
    check_labels(scene.network, scene.labels, scene.dataset)


def _facts(scene: CompareScene) -> dict[str, str]:
    changed = ", ".join(f"{path}={value}" for path, value in scene.overrides.items())
    return {
        "seed": str(scene.seed),
        "chips": ", ".join(scene.chips),
        "virtual_chips": str(scene.n_chips),
        **({"overrides": changed} if changed else {}),
        **scene.facts,
    }


class Classes:
    """Classes that ANNs give the images; equal networks are run once."""

    def __init__(self, images: Values) -> None:
        self._images, self._known = images, dict[str, NDArray[np.int64]]()

    def of(self, model: AnnModel) -> NDArray[np.int64]:
        """Class of each image, (n_samples,)."""
        digest = hashlib.sha256()
        for layer in model.layers:
            digest.update(type(layer).__name__.encode())
            for name, value in vars(layer).items():
                if name != "name":
                    digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
        key = digest.hexdigest()
        if key not in self._known:
            self._known[key] = forward(model, self._images).argmax(1)
        return self._known[key]
