"""`spikecim reproduce`: published results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Chip, Chips, Data, Images, Jobs, Json, OutDir, Quiet, Seed
from spikecim.cli.shell import guarded, leave_interrupted, say, show, show_json, stages, use_jobs

if TYPE_CHECKING:
    from spikecim.reports.claims_page import ClaimReport

reproduce = typer.Typer(no_args_is_help=True, help="Reproduce published results.")


@reproduce.callback()
def _reproduce() -> None:
    """Reproduce published results."""


@reproduce.command("spirit")
@guarded
def reproduce_spirit(
    out: OutDir = Path("out/spirit"),
    chip: Chip = "spirit",
    data: Data = "mnist",
    chips: Chips = 100,
    images: Images = None,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Run all images on Brian2 too.")] = True,
    studies: Annotated[
        bool, typer.Option("--studies/--no-studies", help="Ageing, weight codes under faults, causes of the loss.")
    ] = True,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """SPIRIT's published table beside the emulated one, with report, figures and a run to replay."""
    from spikecim.experiments.spirit import SpiritExperiment
    from spikecim.files import make_folder

    make_folder(out)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        experiment = SpiritExperiment(
            chip=chip,
            dataset=data,
            n_chips=chips,
            seed=seed,
            limit=images,
            check_engine="brian2" if check else None,
            studies=studies,
            progress=stage,
        )
        found = experiment.run()
        stage("report", 0, 1)
        from spikecim.reports.html import write_reproduction
        from spikecim.results.hdf5 import save_run

        save_run(found.median, out / "run.h5")
        write_reproduction(found, out)
    if json:
        from spikecim.reports.tables import reproduction_json

        show_json(reproduction_json(found))
    else:
        from spikecim.reports.terminal import reproduction_summary

        show(*reproduction_summary(found))
    say(f"wrote {out / 'report.html'}, reproduction.json, rows.csv, run.h5, figures/", quiet=quiet)
    done, asked = found.population.n_chips, found.population.requested
    if done < asked:
        leave_interrupted(f"the report holds {done} of {asked} virtual chips, without the engine check")
    if found.studies is not None and found.studies.interrupted:
        leave_interrupted("the report holds the table, and of the studies those begun before")


@reproduce.command("rate-equivalence")
@guarded
def reproduce_rate_equivalence(
    out: OutDir = Path("out/rate-equivalence"),
    chip: Chip = "spirit_multi_ideal",
    data: Data = "mnist",
    images: Images = None,
    steps: Annotated[int | None, typer.Option("--steps", min=4, help="Longest window (default: 256 to 2,048).")] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Claim: on an ideal chip, in a long window, rate coding loses nothing (perceptron, MLP, LeNet-class)."""
    from spikecim.experiments.rate_equivalence import RateEquivalenceExperiment
    from spikecim.files import make_folder

    make_folder(out)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        found = RateEquivalenceExperiment(
            chip=chip, dataset=data, limit=images, longest=steps, seed=seed, progress=stage
        ).run()
        from spikecim.reports.claims_page import equivalence_report

        report = equivalence_report(found)
    _show_claim(report, out, json=json, quiet=quiet)


@reproduce.command("depth-sparsity")
@guarded
def reproduce_depth_sparsity(
    out: OutDir = Path("out/depth-sparsity"),
    chip: Chip = "spirit_multi",
    data: Data = "mnist",
    chips: Chips = 3,
    images: Images = None,
    further: Annotated[
        bool, typer.Option("--further/--no-further", help="The MLP and the LeNet-class network too.")
    ] = True,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Claim: the energy gain of spikes over formal coding grows with the depth of the network (1 to 5 layers)."""
    from spikecim.experiments.depth_sparsity import DepthSparsityExperiment
    from spikecim.files import make_folder

    make_folder(out)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        found = DepthSparsityExperiment(
            chip=chip, dataset=data, n_chips=chips, seed=seed, limit=images, further=further, progress=stage
        ).run()
        from spikecim.reports.claims_page import depth_report

        report = depth_report(found)
    _show_claim(report, out, json=json, quiet=quiet)


def _show_claim(report: ClaimReport, out: Path, *, json: bool, quiet: bool) -> None:
    from spikecim.reports.claims_page import claim_summary, write_claim

    write_claim(report, out)
    if json:
        show_json(report.data)
    else:
        show(*claim_summary(report))
    say(f"wrote {out / 'report.html'}, reproduction.json, rows.csv, figures/", quiet=quiet)
