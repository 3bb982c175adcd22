"""`spikecim compare`: a trained network, converted in every way that applies, on chips of several cores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Chips, Jobs, Json, OutDir, Quiet, Seed, Set
from spikecim.cli.shell import (
    guarded,
    leave_interrupted,
    overrides,
    say,
    show,
    show_json,
    stages,
    use_jobs,
    warnings_said,
)

if TYPE_CHECKING:
    from spikecim.progress import Stage
    from spikecim.results.comparison import Comparison

CHIPS = ("spirit-multi-ideal", "spirit-multi")
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Shipped network (perceptron, mlp, lenet ...) or .npz, .onnx, .nir file.")
]
DeepData = Annotated[str, typer.Option("--data", help="mnist, fashion-mnist, cifar10 or digits.")]
Conversions = Annotated[
    list[str] | None,
    typer.Option("--conversion", help="See `spikecim conversions list`; repeatable (default: all that apply)."),
]
SeveralChips = Annotated[
    list[str] | None,
    typer.Option("--chip", help=f"Chip of several cores or a TOML file; repeatable (default: {', '.join(CHIPS)})."),
]
Steps = Annotated[int | None, typer.Option("--steps", min=1, help="Input steps of an image (default: the chip's).")]
Slices = Annotated[
    int | None, typer.Option("--slices", min=1, help="Cell groups of a weight (default: as many as the chip has).")
]
DeltaS = Annotated[
    int | None,
    typer.Option(
        "--delta-s", min=0, max=1000, help="Decision margin (default: the chip's); 0 shows every image to its end."
    ),
]
MaxPool = Annotated[
    bool,
    typer.Option("--replace-max-pool", help="Put average pools in place of an ONNX file's max pools; says which."),
]


@guarded
def compare(
    model: Model,
    data: DeepData = "mnist",
    conversion: Conversions = None,
    chip: SeveralChips = None,
    chips: Chips = 20,
    steps: Steps = None,
    slices: Slices = None,
    delta_s: DeltaS = None,
    replace_max_pool: MaxPool = False,
    limit: Annotated[
        int | None, typer.Option("--limit", "--images", min=1, help="Only the first N test images (default: all).")
    ] = None,
    seed: Seed = 0,
    set_: Set = None,
    out: OutDir = Path("out/compare"),
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare ANN-to-SNN conversions on chips: accuracy, spikes, energy, latency."""
    from spikecim.conversion.registry import get_conversion
    from spikecim.explore.compare import CompareScene
    from spikecim.explore.compare import compare as measure
    from spikecim.explore.compare_chip import load_rig
    from spikecim.explore.compare_material import calibration_for, facts_of, find_model, images_for
    from spikecim.files import make_folder

    # Unknown names fail here, before data are read or a folder is made.
    changes, named = overrides(set_), tuple(dict.fromkeys(chip or CHIPS))
    for name in conversion or ():
        get_conversion(name)
    for name in named:
        load_rig(name, changes)
    with warnings_said():
        network = find_model(model, replace_max_pool=replace_max_pool)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        stage("data", 0, 1)
        test = images_for(network, data, "test", limit=limit, progress=not quiet)
        calibration = calibration_for(network, data)
        scene = CompareScene(
            network=network,
            calibration=calibration.values,
            images=test.values,
            labels=test.labels,
            dataset=test.dataset,
            origin=test.extent,
            conversions=tuple(conversion or ()),
            chips=named,
            n_chips=chips,
            seed=seed,
            steps=steps,
            slices=slices,
            delta_s=delta_s,
            overrides=changes,
            facts=facts_of(network, test, calibration),
        )
        make_folder(out)
        found = measure(scene, stage)
        write(found, out, stage)
    _print(found, json=json)
    say(f"wrote {out / 'comparison.html'}, comparison.json and comparison.csv", quiet=quiet)
    if found.interrupted:
        leave_interrupted(f"the comparison holds the {len(found.rows)} rows that were finished")


def _print(found: Comparison, *, json: bool) -> None:
    if json:
        from spikecim.results.comparison_data import comparison_json

        show_json(comparison_json(found))
    else:
        from spikecim.reports.comparison_terminal import comparison_summary

        show(*comparison_summary(found))


def write(found: Comparison, folder: Path, stage: Stage) -> None:
    """Write JSON, CSV and the page into `folder`, each whole or not at all."""
    from spikecim.files import write_csv, write_json, write_text
    from spikecim.results.comparison_data import comparison_json, comparison_rows

    write_json(folder / "comparison.json", comparison_json(found))
    write_csv(folder / "comparison.csv", comparison_rows(found))
    stage("page", 0, 1)
    from spikecim.reports.comparison_page import comparison_html

    write_text(folder / "comparison.html", comparison_html(found))
