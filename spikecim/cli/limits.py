"""`spikecim limits`: accuracy, spikes and energy in arrays with real wires, and the largest one allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Chip, Chips, Data, Images, Jobs, Json, OutDir, Quiet, Seed, Set
from spikecim.cli.shell import guarded, leave_if_short, overrides, say, show, show_json, stages, use_jobs

Kind = Annotated[list[str] | None, typer.Option("--kind", help="passive or gated (default: both).")]
Ohm = Annotated[
    list[str] | None, typer.Option("--ohm", help="Resistance of a wire segment, for example '1 ohm' (default: four).")
]
Ratio = Annotated[list[float] | None, typer.Option("--ratio", help="Median HRS over median LRS (default: four).")]
Side = Annotated[list[int] | None, typer.Option("--side", min=1, help="Rows and columns of an array (default: four).")]
Trim = Annotated[
    str, typer.Option("--trim", help="reads: injectors are set on reads of the whole array; cells: on lone cells.")
]
Leak = Annotated[
    str | None, typer.Option("--leak", help="Conductance of a switched-off transistor, gated arrays (default: 0.1 nS).")
]
Split = Annotated[str, typer.Option("--split", help="test, or validation: training images kept out, for choices.")]


@guarded
def limits(
    out: OutDir = Path("out/limits"),
    chip: Chip = "spirit",
    data: Data = "mnist",
    split: Split = "test",
    chips: Chips = 20,
    images: Images = None,
    kind: Kind = None,
    ohm: Ohm = None,
    ratio: Ratio = None,
    side: Side = None,
    trim: Trim = "reads",
    leak: Leak = None,
    set_: Set = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out how large an array may be: wire resistance, HRS leakage and array size on virtual chips."""
    from spikecim.experiments.limits import LimitsExperiment, read_limits
    from spikecim.files import make_folder

    asked = LimitsExperiment(
        chip=chip,
        overrides=overrides(set_),
        dataset=data,
        split=split,
        n_chips=chips,
        limit=images,
        seed=seed,
        trim=trim,
    )
    experiment = read_limits(asked, ohm, leak, kinds=kind, ratios=ratio, sides=side)
    make_folder(out)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        study = experiment.run(stage)
        stage("figures", 0, 1)
        from spikecim.reports.limits_page import limits_summary, write_limits

        write_limits(study, out)
    if json:
        from spikecim.results.limits_data import limits_json

        show_json(limits_json(study))
    else:
        show(*limits_summary(study))
    say(f"wrote {out / 'limits.html'}, limits.json, CSV and figures beside it", quiet=quiet)
    leave_if_short(study.n_chips, study.requested)
