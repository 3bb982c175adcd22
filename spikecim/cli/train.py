"""`spikecim train`: one network for a chip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Json, Quiet, Seed
from spikecim.cli.shell import guarded, show, show_json, stages
from spikecim.errors import ParameterError


@guarded
def train(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A deep network (mlp, lenet, mobilenet-mnist, cnn-cifar10, lenet-qcfs, depth-3, transformer-made ...; "
            "needs the extra torch), or grey images for SPIRIT's perceptron: mnist, fashion-mnist or digits.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Write the weights to this .npz file.")],
    chip: Annotated[str | None, typer.Option("--chip", help="Chip of the perceptron (default: spirit).")] = None,
    quantisation: Annotated[
        str | None,
        typer.Option(
            "--quantisation",
            help="Of the perceptron: post-training (default), post-training-scaled, quantisation-aware, or "
            "hardware-aware (minutes; needs the extra torch).",
        ),
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", help="hardware-aware: age of the chips trained for (default: 1 h).")
    ] = None,
    chip_index: Annotated[
        int | None,
        typer.Option(
            "--chip-index", min=0, help="hardware-aware: retrain for this virtual chip, known by measurement."
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
    from spikecim.cli.train_aware import Aware, check_method, train_aware, train_transformer
    from spikecim.training.deep.ready import deep_names
    from spikecim.training.deep.recipes import TRANSFORMER

    # Training takes minutes: what is wrong with its file is said before.
    if out.suffix.lower() != ".npz" or out.is_dir():
        raise ParameterError(f"--out {out}: must name a file that ends in .npz")
    aware = Aware(quantisation, after, chip_index)
    if what in (*deep_names(), TRANSFORMER):
        if chip is not None or quantisation is not None:
            raise ParameterError(
                f"train {what}: --chip and --quantisation are for SPIRIT's perceptron; a deep network meets its chip "
                "later, in spikecim compare"
            )
        if what == TRANSFORMER:
            name, notes, size = train_transformer(out, checkpoint, seed, quiet=quiet or json)
        else:
            name, notes, size = _train_deep(what, out, checkpoint, seed, quiet=quiet or json)
    elif checkpoint is not None:
        raise ParameterError(f"train {what}: --checkpoint is for deep networks ({', '.join(deep_names())})")
    elif aware.wanted:
        name, notes, size = train_aware(what, out, chip or "spirit", aware, seed, quiet=quiet or json)
    else:
        if quantisation is not None:
            check_method(quantisation)
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
