"""The in-situ training of VGG-8-class networks on CIFAR-10: an 8-bit baseline, SGD and momentum on a severe device.

    python -m benchmarks.insitu_cifar train momentum --folder DIR     (goes on from DIR/momentum.checkpoint.pt)
    python -m benchmarks.insitu_cifar state --folder DIR
    python -m benchmarks.insitu_cifar table --folder DIR

Each row of `ROWS` is one training; all have the same network, epochs, batches and schedule. Rates were tuned on
validation images, the end of the training images. `table` reads what is finished and writes DIR/table.md and
DIR/table.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spikecim.devices.pulsed.library import load_pulsed
from spikecim.files import make_folder, write_json, write_text
from spikecim.insitu.array_spec import ArrayReads
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.results.insitu_run import TrainingRun, run_from, run_json

SEVERE = "+2.4/-4.88@97/100"  # labels and pulses of Ag:a-Si
NOISY = SEVERE + "~3.5%"  # with its cycle-to-cycle noise
LEVELS_8_BIT = ArrayReads()
ADC_6_BIT = ArrayReads(adc_forward=6, adc_error=6, adc_gradient=6, calibrate="often")
REPORT_S = 20.0


@dataclass(frozen=True, kw_only=True)
class RowPlan:
    """One training of the table.

    Attributes
    ----------
    title : str
    rule : str
        "software" or a rule of `UpdateSpec`.
    rate, gamma : float
    device : str or None
    reads : ArrayReads
    """

    title: str
    rule: str
    rate: float
    gamma: float = 0.0
    device: str | None = None
    reads: ArrayReads = LEVELS_8_BIT


ROWS: Mapping[str, RowPlan] = {
    "baseline": RowPlan(title="software, 8 bits, momentum 0.9", rule="software", rate=2.0, gamma=0.9),
    "sgd": RowPlan(title="in situ, SGD", rule="sgd", rate=0.006, device=SEVERE, reads=ADC_6_BIT),
    "momentum": RowPlan(
        title="in situ, momentum 0.9", rule="momentum", rate=0.03, gamma=0.9, device=SEVERE, reads=ADC_6_BIT
    ),
    "momentum-noise": RowPlan(
        title="in situ, momentum, c2c 3.5 %", rule="momentum", rate=0.03, gamma=0.9, device=NOISY, reads=ADC_6_BIT
    ),
}


@dataclass(frozen=True, kw_only=True)
class Size:
    """What all rows share."""

    width: float = 0.125
    epochs: int = 12
    batch: int = 64
    crop: int = 2
    limit: int | None = None
    seed: int = 0


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("train", "state", "table"))
    parser.add_argument("row", nargs="?", choices=tuple(ROWS))
    parser.add_argument("--folder", type=Path, required=True)
    for name, value in vars(Size()).items():
        parser.add_argument(f"--{name}", type=type(value) if value is not None else int, default=value)
    given = parser.parse_args()
    if given.action == "train":
        if given.row is None:
            parser.error(f"train needs a row: {', '.join(ROWS)}")
        train(given.row, Size(**{name: getattr(given, name) for name in vars(Size())}), make_folder(given.folder))
    else:
        print(state(given.folder) if given.action == "state" else table(given.folder))
    return 0


def train(name: str, size: Size, folder: Path) -> TrainingRun:
    """Train row `name`, going on from its checkpoint; leave its result in NAME.json."""
    from spikecim.insitu.deep.job import DeepJob, Software
    from spikecim.insitu.deep.train import train_deep

    plan = ROWS[name]
    software = plan.rule == "software"
    job = DeepJob(
        update=Software(rate=plan.rate, gamma=plan.gamma)
        if software
        else UpdateSpec(rule=plan.rule, rate=plan.rate, gamma=plan.gamma),
        device=None if plan.device is None else load_pulsed(plan.device),
        reads=plan.reads,
        width=size.width,
        epochs=size.epochs,
        batch=size.batch,
        crop=size.crop,
        limit=size.limit,
        seed=size.seed,
        checkpoint=folder / f"{name}.checkpoint.pt",
        checkpoint_steps=200,
    )
    run = train_deep(job, Told(path=folder / f"{name}.state.json"))
    write_json(folder / f"{name}.json", {"row": name, "title": plan.title, **run_json(run)})
    return run


@dataclass(kw_only=True)
class Told:
    """Writes how far a training is, now and then."""

    path: Path
    began: float = field(default_factory=time.monotonic)
    first: int = -1
    last: float = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self.first < 0:
            self.first, self.began = done, now
        if now - self.last < REPORT_S and done < total:
            return
        self.last = now
        left = (now - self.began) / max(1, done - self.first) * (total - done)
        write_json(self.path, {"stage": stage, "done": done, "total": total, "minutes_left": round(left / 60, 1)})


def state(folder: Path) -> str:
    """How far each row is."""
    lines = []
    for name in ROWS:
        path, done = folder / f"{name}.state.json", folder / f"{name}.json"
        if done.exists():
            lines.append(f"{name}: finished")
        elif path.exists():
            told = json.loads(path.read_text(encoding="utf-8"))
            lines.append(f"{name}: step {told['done']} of {told['total']}, about {told['minutes_left']} min left")
        else:
            lines.append(f"{name}: not begun")
    return "\n".join(lines)


def table(folder: Path) -> str:
    """The rows that are finished, as Markdown; also written to table.md and table.json."""
    found = {}
    for name in ROWS:
        path = folder / f"{name}.json"
        if path.exists():
            data = json.loads(path.read_text(encoding="utf-8"))
            found[name] = (data, run_from(data, str(path)))
    if not found:
        return f"{folder}: no row is finished yet"
    base = found.get("baseline")
    rows = [row_of(data, run, None if base is None else base[1]) for data, run in found.values()]
    head = list(rows[0])
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(str(row[key]) for key in head)} |" for row in rows]
    write_json(folder / "table.json", rows)
    write_text(folder / "table.md", "\n".join(lines) + "\n")
    return "\n".join(lines)


def row_of(data: Mapping[str, object], run: TrainingRun, base: TrainingRun | None) -> dict[str, object]:
    """One line of the table."""
    weights = sum(layer.n_in * layer.n_out for layer in run.layers)
    pulses = sum(layer.pulses_up + layer.pulses_down for layer in run.layers)
    gap = "" if base is None else f"{100 * (run.validation - base.validation):+.1f}"
    return {
        "row": data["title"],
        "validation %": f"{100 * run.validation:.1f}",
        "to the baseline": gap,
        "test %": f"{100 * run.test:.1f}",
        "pulses per weight": f"{pulses / weights:.1f}",
        "busiest cell": run.largest_writes,
        "CPU min": f"{run.cpu_s / 60:.0f}",
    }


if __name__ == "__main__":
    sys.exit(main())
