"""`spikecim run`: one virtual chip of any kind on one data set."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.cells import CellMap, cell_map
from spikecim.cli.compare import DeepData, DeltaS, MaxPool, Slices, Steps
from spikecim.cli.deep_run import Converting, for_several_cores, run_on_cores
from spikecim.cli.options import BrianTarget, Chip, Images, Jobs, Json, Quiet, Seed, Set
from spikecim.cli.run_options import RunOptions, check_out, refuse_idle
from spikecim.cli.shell import guarded, overrides, say, show, show_json, stages, use_jobs
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.devices.ageing import Past
    from spikecim.results.run import RunResult

Network = Annotated[
    str | None,
    typer.Option(
        "--network",
        help="Of one layer: shipped or a .npz file (default: trained for the data). "
        "On a chip of several cores: lenet, mlp ..., or a .npz, .onnx or .nir file.",
    ),
]


@guarded
def run(
    chip: Chip = "spirit",
    data: DeepData = "mnist",
    network: Network = None,
    images: Images = None,
    engine: Annotated[str, typer.Option("--engine", help="event, brian2 or stepper.")] = "event",
    brian_target: BrianTarget = "numpy",
    chip_index: Annotated[int, typer.Option("--chip-index", min=0, help="Which virtual chip.")] = 0,
    conversion: Annotated[
        str | None,
        typer.Option(
            "--conversion", help="Several cores: how the network is converted (default: the first that fits)."
        ),
    ] = None,
    steps: Steps = None,
    slices: Slices = None,
    delta_s: DeltaS = None,
    replace_max_pool: MaxPool = False,
    cells: CellMap = None,
    seed: Seed = 0,
    set_: Set = None,
    after: Annotated[
        str | None, typer.Option("--after", help="One core: age of the chip, for example '1 h' (default: fresh).")
    ] = None,
    temperature: Annotated[
        str | None, typer.Option("--temperature", help="During that time, for example '85 degC' (default: 25 degC).")
    ] = None,
    reads: Annotated[
        float | None, typer.Option("--reads", help="One core: reads of every row before the run (default: none).")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the run to this HDF5 file.")] = None,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run one virtual chip on a test set: accuracy, spikes, energy."""
    from spikecim.chips.loader import multi_chip_names, several_cores
    from spikecim.engines import get_engine

    get_engine(engine)  # an unknown name fails here, before the data are read
    check_out(out)
    use_jobs(jobs)
    options = RunOptions(
        chip=chip,
        overrides=overrides(set_),
        network=network,
        data=data,
        images=images,
        engine=engine,
        brian_target=brian_target,
        chip_index=chip_index,
        seed=seed,
        out=out,
        json=json,
        quiet=quiet,
    )
    converting = Converting(
        conversion=conversion, steps=steps, slices=slices, delta_s=delta_s, replace_max_pool=replace_max_pool
    )
    if several_cores(chip):
        ageing = {"--after": after, "--temperature": temperature, "--reads": reads}
        refuse_idle({"--cells": cells, **ageing}, f"on {chip}, a chip of several cores; leave it out")
        run_on_cores(options, converting)
        return
    elsewhere = f"on {chip}, a chip of one core; give --chip {multi_chip_names()[0]} for a chip of several"
    if network is not None and for_several_cores(network):
        raise ParameterError(f"--network {network}: is converted for its chip, which cannot be done {elsewhere}")
    refuse_idle(converting.given(), elsewhere)
    _run_on_core(options, cells, _past(after or "0 s", temperature, reads or 0.0))


def _run_on_core(options: RunOptions, cells: Path | None, past: Past) -> None:
    """A chip of one core with a network of one layer: run, write, print."""
    from spikecim.chips import load_chip
    from spikecim.emulator import Emulator
    from spikecim.experiments.material import check_preprocessing, material, network_for
    from spikecim.files import make_folder
    from spikecim.training.ready import ready_network

    spec, name = load_chip(options.chip, options.overrides), options.network
    measured = cell_map(cells, spec)
    if options.out is not None:
        make_folder(options.out.parent)
    with stages(quiet=options.silent) as stage:
        stage("data and network", 0, 1)
        test = material(spec, options.data, "test", limit=options.images, progress=not options.quiet)
        net = ready_network(name, spec.synapse.levels.value) if name else network_for(spec, test.dataset)
        check_preprocessing(spec, net)
        stage(f"{options.engine}, {len(test.labels)} images", 0, 1)
        emulator = Emulator(
            chip=spec,
            network=net,
            seed=options.seed,
            chip_index=options.chip_index,
            engine=options.engine,
            brian_target=options.brian_target,
            past=past,
            **measured,
        )
        result = emulator.run(test.values, test.labels, data=f"{test.dataset} {test.split} ({test.origin})")
    if options.out is not None:
        from spikecim.results.hdf5 import save_run

        save_run(result, options.out)
        say(f"wrote {options.out}", quiet=options.quiet)
    _print(result, json=options.json)


def _print(result: RunResult, *, json: bool) -> None:
    if json:
        from spikecim.reports.tables import run_json

        show_json(run_json(result))
    else:
        from spikecim.reports.terminal import run_summary

        show(run_summary(result))


def _past(after: str, temperature: str | None, reads: float) -> Past:
    """What happened to the chip before the run."""
    from spikecim.devices.ageing import Past
    from spikecim.devices.retention import ROOM_K

    seconds = _said("--after", after, "second", "a time of 0 s or more, for example '1 h'")
    if temperature is not None and not seconds:
        raise ParameterError(f"--temperature {temperature}: without effect while no time passes; give --after too")
    kelvin = ROOM_K if temperature is None else _said("--temperature", temperature, "kelvin", "for example '85 degC'")
    if not 0 <= reads < math.inf:
        raise ParameterError(f"--reads {reads:g}: must be a finite number, 0 or more")
    return Past().then(seconds, kelvin, reads)


def _said(option: str, text: str, unit: str, allowed: str) -> float:
    """The quantity that `option` gives, in SI; an error that names the option."""
    from spikecim.units import parse_quantity

    try:
        value = parse_quantity(text, unit)
    except ParameterError:
        value = -1.0
    if value < 0:
        raise ParameterError(f"{option} {text!r}: must be a finite number with a unit, {allowed}")
    return value
