"""`spikecim calibrate`: fit what is not known to the figures of a chip, and say what they cannot tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Chips, Json, Quiet, Scheduler, Seed
from spikecim.cli.shell import guarded, leave_interrupted, say, show, show_json, stages, use_jobs, warnings_said
from spikecim.errors import ParameterError

SPIRIT = "spirit"
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Processes of this machine; with `spirit`, threads (default: all cores)."),
]


@guarded
def calibrate(
    what: Annotated[
        str, typer.Argument(metavar="spirit | FILE.toml", help="The shipped fit of SPIRIT, or a calibration file.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for results (FILE.toml only; needed there).")
    ] = None,
    trial: Annotated[
        int, typer.Option("--trial", min=0, help="Synthetic chips to test the intervals with (FILE.toml only).")
    ] = 0,
    scheduler: Scheduler = None,
    chip: Annotated[str, typer.Option("--chip", help="Chip to fit (spirit only).")] = "spirit",
    images: Annotated[
        int, typer.Option("--images", min=100, help="Held-out training images at most (spirit only).")
    ] = 10_000,
    chips: Chips = 20,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit what is not known of a chip to its figures, on training images that no network was trained on.

    `calibrate spirit` fits window, injector and link energy of the shipped chip to three published numbers.

    `calibrate FILE.toml --out DIR` fits any parameters, within bounds, to any figures, and says what these leave open.

    It simulates a few thousand virtual chips; stopped, the same command goes on. See docs/calibrate.md.
    """
    if what == SPIRIT:
        _refuse({"--out": out, "--trial": trial or None, "--scheduler": scheduler}, "FILE.toml")
        _spirit(chip, images, chips, seed, jobs, json=json, quiet=quiet)
        return
    changed = {"--chip": chip != "spirit", "--images": images != 10_000, "--chips": chips != 20, "--seed": seed != 0}
    _refuse({name: moved or None for name, moved in changed.items()}, "`spirit`")
    if out is None:
        raise ParameterError("calibrate FILE.toml: --out is missing; name a folder for the results")
    _file(what, out, trial, jobs, scheduler, json=json, quiet=quiet)


def _refuse(given: Mapping[str, object], instead: str) -> None:
    for name, value in given.items():
        if value is not None:
            raise ParameterError(f"calibrate: {name} goes with {instead} only; a file holds its own settings")


def _file(
    path: str, out: Path, trial: int, jobs: int | None, scheduler: str | None, *, json: bool, quiet: bool
) -> None:
    """Fit what a file says; an interrupt says where what was finished is."""
    try:
        with warnings_said():
            _fit(path, out, trial, (jobs, scheduler), json=json, quiet=quiet)
    except KeyboardInterrupt:
        leave_interrupted(f"{out} keeps all that was finished, if anything was; the same command goes on")


def _fit(path: str, out: Path, trial: int, where: tuple[int | None, str | None], *, json: bool, quiet: bool) -> None:
    from spikecim.calibration.fit import Fitted
    from spikecim.calibration.judge import Judged
    from spikecim.calibration.simulate import simulate
    from spikecim.calibration.spec import read_calibration
    from spikecim.calibration.trial import run_trial
    from spikecim.study.pool import open_pool

    calibration = read_calibration(path)
    with stages(quiet=quiet or json) as stage, open_pool(*where) as pool:
        simulated = simulate(calibration.study, out, pool, trial, stage)
        fitted = Fitted(calibration, simulated)
        tried = run_trial(fitted, stage) if trial else None
        found = Judged(fitted, out, pool, stage).found(tried)
        stage("report", 0, 1)
        from spikecim.reports.calibration_page import write_calibration

        command = f"spikecim calibrate {Path(path).name} --out {out.name}" + (f" --trial {trial}" if trial else "")
        write_calibration(found, out, command)
    if json:
        from spikecim.results.calibration_data import calibration_json

        show_json(calibration_json(found))
    else:
        from spikecim.reports.calibration_text import calibration_summary

        show(*calibration_summary(found))
        say("\n".join(["lines for a chip file:", *(parameter.toml for parameter in found.parameters)]), quiet=quiet)
    say(f"wrote {out / 'report.html'}, calibration.json, parameters.csv, posterior.csv, figures/", quiet=quiet)


def _spirit(chip: str, images: int, chips: int, seed: int, jobs: int | None, *, json: bool, quiet: bool) -> None:
    """Fit window, injector and link energy on MNIST training images that no network was trained on (a minute)."""
    from spikecim.chips import load_chip
    from spikecim.experiments.calibrate import calibrate as fit_all
    from spikecim.experiments.material import held_out, material, network_for

    use_jobs(jobs)
    spec = load_chip(chip)
    train = held_out(material(spec, "mnist", "train", progress=not quiet), images)
    fits = fit_all(
        chip,
        network_for(spec, "mnist"),
        train,
        n_chips=chips,
        seed=seed,
        progress=lambda text: say(text, quiet=quiet or json),
    )
    if json:
        show_json([fit.__dict__ for fit in fits])
        return
    for fit in fits:
        show(f"{fit.path} = {fit.value}  (shipped {fit.shipped}; reaches {fit.reached:.4g} of {fit.target:g})")
    say("\n".join(["lines for a chip file:", *(fit.toml() for fit in fits)]), quiet=quiet)
