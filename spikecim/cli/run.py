"""`spikecim run` and `spikecim train`: one chip on one data set; one network for a chip."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.cells import CellMap, cell_map
from spikecim.cli.options import BrianTarget, Chip, Data, Images, Jobs, Json, Quiet, Seed, Set
from spikecim.cli.shell import guarded, overrides, say, show, show_json, stages, use_jobs
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.devices.ageing import Past
    from spikecim.results.run import RunResult

Network = Annotated[
    str | None, typer.Option("--network", help="Shipped network or a .npz file (default: trained for the data).")
]
Method = Annotated[
    str, typer.Option("--quantisation", help="post-training, post-training-scaled or quantisation-aware.")
]


@guarded
def run(
    chip: Chip = "spirit",
    data: Data = "mnist",
    network: Network = None,
    images: Images = None,
    engine: Annotated[str, typer.Option("--engine", help="event, brian2 or stepper.")] = "event",
    brian_target: BrianTarget = "numpy",
    chip_index: Annotated[int, typer.Option("--chip-index", min=0, help="Which virtual chip.")] = 0,
    cells: CellMap = None,
    seed: Seed = 0,
    set_: Set = None,
    after: Annotated[str, typer.Option("--after", help="Age of the chip, for example '1 h'.")] = "0 s",
    temperature: Annotated[
        str | None, typer.Option("--temperature", help="During that time, for example '85 degC' (default: 25 degC).")
    ] = None,
    reads: Annotated[float, typer.Option("--reads", help="Reads of every row before the run.")] = 0.0,
    out: Annotated[Path | None, typer.Option("--out", help="Write the run to this HDF5 file.")] = None,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run one virtual chip on a test set: accuracy, spikes, energy."""
    from spikecim.chips import load_chip
    from spikecim.emulator import Emulator
    from spikecim.engines import get_engine
    from spikecim.experiments.material import check_preprocessing, material, network_for
    from spikecim.files import make_folder
    from spikecim.training.ready import ready_network

    past = _past(after, temperature, reads)
    get_engine(engine)  # an unknown name fails here, before the data are read
    spec = load_chip(chip, overrides(set_))
    measured = cell_map(cells, spec)
    if out is not None:
        make_folder(out.parent)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        stage("data and network", 0, 1)
        test = material(spec, data, "test", limit=images, progress=not quiet)
        net = ready_network(network, spec.synapse.levels.value) if network else network_for(spec, test.dataset)
        check_preprocessing(spec, net)
        stage(f"{engine}, {len(test.labels)} images", 0, 1)
        emulator = Emulator(
            chip=spec,
            network=net,
            seed=seed,
            chip_index=chip_index,
            engine=engine,
            brian_target=brian_target,
            past=past,
            **measured,
        )
        result = emulator.run(test.values, test.labels, data=f"{test.dataset} {test.split} ({test.origin})")
    if out is not None:
        from spikecim.results.hdf5 import save_run

        save_run(result, out)
        say(f"wrote {out}", quiet=quiet)
    _print(result, json=json)


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


@guarded
def train(
    data: Annotated[str, typer.Argument(help="mnist, fashion-mnist or digits.")],
    out: Annotated[Path, typer.Option("--out", help="Write the weights to this .npz file.")],
    chip: Chip = "spirit",
    quantisation: Method = "post-training",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Train and quantise the tanh perceptron for a chip (seconds); deterministic."""
    from spikecim.chips import load_chip
    from spikecim.experiments.material import train_network
    from spikecim.files import make_folder
    from spikecim.training.ready import save_network

    spec = load_chip(chip)
    make_folder(out.parent)
    network = train_network(spec, data, quantisation, seed)
    save_network(network, out)
    if json:
        show_json({"file": str(out), "name": network.name, **network.notes})
        return
    show(
        f"wrote {out}: {network.n_in} x {network.n_out} weights, held-out accuracy {network.notes['held_out_accuracy']}"
    )
