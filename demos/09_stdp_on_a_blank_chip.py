"""A chip with all cells in HRS learns digits by STDP: where its answer is wrong, a teacher shows the image again."""

from dataclasses import replace

import numpy as np

from spikecim.chips import load_chip
from spikecim.engines.event import EventEngine
from spikecim.engines.plastic import run_plastic
from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_rule import StdpRule, stdp_rule
from spikecim.engines.plastic_teacher import Teacher, no_teacher
from spikecim.experiments.material import material_or_fallback
from spikecim.insitu.spirit.plastic_build import build_plastic
from spikecim.network import network_from_array

RATE, BATCH, MARGIN = 1e-3, 25, 10


def main(small: bool = False) -> None:
    chip, event = load_chip("spirit"), EventEngine(keep_spikes=False)
    code, n = chip.rate_code(), 50 if small else 3000
    full_scale = round(code.full_scale_ticks)
    blank = network_from_array(np.zeros((144, 10), np.int8), limit=4, shape=(144, 10), name="blank")
    plastic = build_plastic(chip, blank, rule(full_scale, 0.0), seed=0, n_pool=4 if small else 32).program
    lesson = material_or_fallback(chip, "mnist", "fit", limit=n)
    exams = {split: material_or_fallback(chip, "mnist", split, limit=n // 6) for split in ("held-out", "test")}
    asked = {split: code.encode(exam.values, 7) for split, exam in exams.items()}

    def report(shown: int) -> None:
        marks = {s: event.run(plastic.frozen(MARGIN), asked[s]).winners == exams[s].labels for s in exams}
        line = ", ".join(f"{split} {100 * right.mean():.1f} %" for split, right in marks.items())
        print(f"{shown:5d} images: {line}; writes a cell: {plastic.writes.mean():.2f}, at most {plastic.writes.max()}")

    print(f"{lesson.dataset}, {n // 6} images in each exam")
    report(0)
    for first in range(0, n, BATCH):
        values, labels = lesson.values[first : first + BATCH], lesson.labels[first : first + BATCH]
        answer = event.run(plastic.frozen(MARGIN), code.encode(values, 1, first_sample=first)).winners
        wrong = np.flatnonzero(answer != labels)
        if len(wrong):
            again = code.encode(values[wrong], 1, first_sample=n + first)
            taught = teacher(plastic, labels[wrong], answer[wrong], full_scale // 4)
            plastic = plastic.with_(rule=rule(full_scale, first / n))
            plastic = plastic.after(run_plastic(plastic, again, taught))
        if (first + BATCH) % (n // 2) == 0:
            report(first + BATCH)


def rule(window: int, part: float) -> StdpRule:
    """Chances fall to zero over the lesson; negative spikes teach nothing."""
    active = RATE * (1.0 - part)
    return stdp_rule(window=window, active=(active, 0.0), silent=(0.1 * active, 0.0))


def teacher(plastic: PlasticProgram, labels: np.ndarray, answer: np.ndarray, period: int) -> Teacher:
    """The labelled neuron is made to fire and learns (+1), the one that won unlearns (-1), all others are held off."""
    own, won = (numbers[:, None] == np.arange(plastic.n_out) for numbers in (labels, answer))
    return replace(
        no_teacher(len(labels), plastic.n_out),
        drive=np.where(own, 4 * plastic.program.threshold_up, 0).astype(np.int32),
        period=period,
        muted=~(own | won),
        reward=(own.astype(int) - won).astype(np.int8),
    )


if __name__ == "__main__":
    main()
