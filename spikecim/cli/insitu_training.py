"""`spikecim reproduce insitu-training`: energy and accuracy of training on the chip beside the published figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, OutDir, Quiet, Seed
from spikecim.cli.shell import Stages, guarded, leave_interrupted, say, show, show_json, stages, warnings_said
from spikecim.errors import ParameterError
from spikecim.toml import one_of

if TYPE_CHECKING:
    from spikecim.energy.training_design import TrainingDesign
    from spikecim.energy.training_table import TrainingTable
    from spikecim.results.insitu_table import InsituTable

SMALL = "digits"
GRADIENT_SITES = ("buffer", "engine")
Study = Annotated[
    Path | None,
    typer.Option("--study", help="Finished folder of `spikecim train-insitu`, for the accuracy rows."),
]
Node = Annotated[str, typer.Option("--node", help="Technology in nm: 32 (the table's own), 20, 14 or 7.")]
Batch = Annotated[int, typer.Option("--batch", min=1, help="Images between two updates.")]
Site = Annotated[str, typer.Option("--gradient-site", help="Where a batch is summed: buffer or engine.")]
Activations = Annotated[str, typer.Option("--activation-site", help="Where activations wait: dram or buffer.")]
Table = Annotated[Path | None, typer.Option("--table", help="Another energy table (TOML), instead of the shipped.")]
Device = Annotated[
    str | None, typer.Option("--device", help="Shipped pulsed device or TOML file: its own programming pulse.")
]
Draws = Annotated[int, typer.Option("--draws", min=100, max=1_000_000, help="Draws of all numbers over their ranges.")]
Small = Annotated[
    bool,
    typer.Option("--accuracy/--no-accuracy", help="Without --study: train the small study 'digits', half a minute."),
]


@guarded
def reproduce_insitu_training(
    study: Study = None,
    out: OutDir = Path("out/insitu-training"),
    node: Node = "32",
    batch: Batch = 200,
    gradient_site: Site = "buffer",
    activation_site: Activations = "dram",
    velocity_bits: Annotated[int, typer.Option("--velocity-bits", min=1, max=64, help="Of a stored velocity.")] = 16,
    device: Device = None,
    table: Table = None,
    draws: Draws = 10_000,
    accuracy: Small = True,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Training on the chip (Huang et al. 2022): TOPS/W, 12x over the naive dataflow, 4.2 % for momentum, accuracy."""
    from spikecim.energy.training_design import TrainingDesign as Design
    from spikecim.experiments.insitu_training import reproduce
    from spikecim.files import make_folder
    from spikecim.reports.insitu_energy_page import insitu_energy_json, insitu_energy_summary, write_insitu_energy

    if study is not None and not accuracy:
        raise ParameterError(f"--study {study} and --no-accuracy: give one of them; the study is for the accuracy rows")
    if gradient_site == "dram":
        raise ParameterError("--gradient-site dram is the naive dataflow, which is always shown; give buffer or engine")
    one_of(gradient_site, GRADIENT_SITES, "--gradient-site")
    design = Design(
        batch=batch, gradient_site=gradient_site, activation_site=activation_site, velocity_bits=velocity_bits
    )
    given = _table(table, device)
    given.at_node(node)  # before anything is trained
    with stages(quiet=quiet or json) as stage:
        found = _study(study, out, stage) if study is not None or accuracy else None
        make_folder(out)
        stage("energy", 0, 2)
        report = reproduce(node=node, design=design, table=given, draws=draws, seed=seed, study=found)
        stage("energy", 1, 2)
        words = [f"--study {study.name}"] if study is not None else [] if accuracy else ["--no-accuracy"]
        words += [
            f"--{name} {Path(value).name}"
            for name, value in (("device", device), ("table", table))
            if value is not None
        ]
        write_insitu_energy(report, out, _command(words, design, node, seed))
    if json:
        show_json(insitu_energy_json(report))
    else:
        show(*insitu_energy_summary(report))
    more = ", accuracies.csv" if report.accuracies else ""
    say(f"wrote {out / 'report.html'}, reproduction.json, rows.csv{more}, figures/", quiet=quiet)


def _table(path: Path | None, device: str | None) -> TrainingTable:
    from spikecim.energy.training_table import load_table

    given = load_table(path)
    if device is None:
        return given
    from spikecim.devices.pulsed.library import load_spec
    from spikecim.insitu.costs import with_device

    return with_device(given, load_spec(device))


def _study(folder: Path | None, out: Path, stage: Stages) -> InsituTable:
    """The finished study in `folder`, or the small one, trained below `out` unless it lies there."""
    from spikecim.results.insitu_data import read_insitu

    if folder is not None:
        return read_insitu(folder)
    from spikecim.insitu.study.reading import find_study
    from spikecim.insitu.study.run import Outlook, run_study
    from spikecim.insitu.study.runner import runner_of

    small = find_study(SMALL)
    try:
        with warnings_said():
            return run_study(small, runner_of(small), out / SMALL, Outlook(progress=stage))
    except KeyboardInterrupt:
        leave_interrupted(f"{out / SMALL} keeps what was trained; the same command goes on from there")


def _command(words: list[str], design: TrainingDesign, node: str, seed: int) -> str:
    usual = type(design)()
    for name in ("batch", "gradient_site", "activation_site", "velocity_bits"):
        value = getattr(design, name)
        words += [] if value == getattr(usual, name) else [f"--{name.replace('_', '-')} {value}"]
    return " ".join(["spikecim reproduce insitu-training", *words, f"--node {node} --seed {seed}"])
