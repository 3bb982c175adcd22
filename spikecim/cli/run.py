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
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A deep network (mlp, lenet, mobilenet-mnist, lenet-qcfs, depth-3 ...; needs the extra torch), or "
            "grey images for SPIRIT's perceptron: mnist, fashion-mnist or digits.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Write the weights to this .npz file.")],
    chip: Annotated[str | None, typer.Option("--chip", help="Chip of the perceptron (default: spirit).")] = None,
    quantisation: Annotated[
        str | None,
        typer.Option(
            "--quantisation",
            help="Of the perceptron: post-training (default), post-training-scaled or quantisation-aware.",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="Folder for checkpoints of a deep network (default: beside --out)."),
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a ready network, deep (minutes) or SPIRIT's perceptron (seconds); deterministic."""
    from spikecim.training.deep.ready import deep_names

    # Training takes minutes: what is wrong with its file is said before.
    if out.suffix.lower() != ".npz" or out.is_dir():
        raise ParameterError(f"--out {out}: must name a file that ends in .npz")
    if what in deep_names():
        if chip is not None or quantisation is not None:
            raise ParameterError(
                f"train {what}: --chip and --quantisation are for SPIRIT's perceptron; a deep network meets its chip "
                "later, in spikecim compare"
            )
        name, notes, size = _train_deep(what, out, checkpoint, seed, quiet=quiet or json)
    elif checkpoint is not None:
        raise ParameterError(f"train {what}: --checkpoint is for deep networks ({', '.join(deep_names())})")
    else:
        name, notes, size = _train_perceptron(what, out, chip or "spirit", quantisation or "post-training", seed)
    if json:
        show_json({"file": str(out), "name": name, **notes})
        return
    show(f"wrote {out}: {size}, held-out accuracy {notes['held_out_accuracy']}")


def _train_deep(
    name: str, out: Path, checkpoint: Path | None, seed: int, *, quiet: bool
) -> tuple[str, dict[str, str], str]:
    """Train, save; name, notes and size."""
    from spikecim.files import make_folder
    from spikecim.models.files import save_model
    from spikecim.training.deep.ready import train_ready

    make_folder(out.parent)
    with stages(quiet=quiet) as stage:
        model = train_ready(name, checkpoint or out.parent, seed, stage)
    save_model(model, out, half=True)
    return model.name, model.notes, f"{model.n_parameters:,} parameters"


def _train_perceptron(data: str, out: Path, chip: str, quantisation: str, seed: int) -> tuple[str, dict[str, str], str]:
    """The same for SPIRIT's perceptron."""
    from spikecim.chips import load_chip
    from spikecim.datasets import NAMES
    from spikecim.errors import hint
    from spikecim.experiments.material import train_network
    from spikecim.files import make_folder
    from spikecim.training.deep.ready import deep_names
    from spikecim.training.ready import save_network

    if data not in NAMES:
        known = [*deep_names(), *NAMES]
        near = hint(data, known, f"deep networks: {', '.join(deep_names())}; images: {', '.join(NAMES)}")
        raise ParameterError(f"train {data!r}: is neither a deep network nor a data set; {near}")
    spec = load_chip(chip)
    make_folder(out.parent)
    network = train_network(spec, data, quantisation, seed)
    save_network(network, out)
    return network.name, network.notes, f"{network.n_in} x {network.n_out} weights"
