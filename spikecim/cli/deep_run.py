"""The part of `spikecim run` that is for chips of several cores: any trained network, converted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecim.cli.run_options import RunOptions
from spikecim.cli.shell import say, show, show_json, stages, warnings_said
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.explore.deep_run import DeepScene
    from spikecim.models.model import AnnModel
    from spikecim.results.layered_run import LayeredRun


@dataclass(frozen=True, kw_only=True)
class Converting:
    """How the network becomes a spiking one; None where the command line says nothing."""

    conversion: str | None
    steps: int | None
    slices: int | None
    delta_s: int | None
    replace_max_pool: bool

    def given(self) -> dict[str, object]:
        """Option to value."""
        return {f"--{name.replace('_', '-')}": value for name, value in vars(self).items()}


def for_several_cores(network: str) -> bool:
    """Whether only a chip of several cores runs `network`; a .npz file tells when it is read."""
    from spikecim.explore.compare_material import model_names

    return network in model_names() or network.lower().endswith((".onnx", ".nir"))


def run_on_cores(options: RunOptions, converting: Converting) -> None:
    """Convert, run, write, print."""
    from spikecim.explore.deep_run import run_deep
    from spikecim.files import make_folder

    model = _network(options, converting)
    with stages(quiet=options.silent) as stage:
        stage("data", 0, 1)
        scene = _scene(options, converting, model)
        if options.out is not None:
            make_folder(options.out.parent)
        result = run_deep(scene, stage)
    if options.out is not None:
        from spikecim.results.layered_hdf5 import save_layered_run

        save_layered_run(result, options.out)
        say(f"wrote {options.out}", quiet=options.quiet)
    _print(result, json=options.json)


def _network(options: RunOptions, converting: Converting) -> AnnModel:
    """The ANN; names that are unknown fail here, before data are read."""
    from spikecim.conversion.registry import get_conversion
    from spikecim.explore.compare_material import find_model, model_names

    if converting.conversion is not None:
        get_conversion(converting.conversion)
    if options.network is None:
        raise ParameterError(
            f"--network: {options.chip} is a chip of several cores and has no network of its own; "
            f"give a .npz, .onnx or .nir file, or one of {', '.join(model_names())}"
        )
    with warnings_said():
        return find_model(options.network, replace_max_pool=converting.replace_max_pool)


def _scene(options: RunOptions, converting: Converting, model: AnnModel) -> DeepScene:
    from spikecim.chips.loader import load_multi_chip
    from spikecim.explore.compare_material import calibration_for, facts_of, images_for
    from spikecim.explore.deep_run import DeepScene

    chip = load_multi_chip(options.chip, options.overrides)
    test = images_for(model, options.data, "test", limit=options.images, progress=not options.quiet)
    calibration = calibration_for(model, options.data)
    facts = facts_of(model, test, calibration)
    return DeepScene(
        network=model,
        calibration=calibration.values,
        images=test.values,
        labels=test.labels,
        dataset=test.dataset,
        chip=chip,
        conversion=converting.conversion,
        chip_index=options.chip_index,
        seed=options.seed,
        steps=converting.steps,
        slices=converting.slices,
        delta_s=converting.delta_s,
        engine=options.engine,
        brian_target=options.brian_target,
        facts={"data": facts.pop("test_images"), **facts},
    )


def _print(result: LayeredRun, *, json: bool) -> None:
    if json:
        from spikecim.reports.layered_tables import layered_run_json

        show_json(layered_run_json(result))
    else:
        from spikecim.reports.layered_terminal import layered_run_summary

        show(layered_run_summary(result))
