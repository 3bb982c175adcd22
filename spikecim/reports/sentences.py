"""Findings in plain words, each computed from the results; no number is typed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spikecim.reports.energy_tables import energy_json, formal_json
from spikecim.reports.wording import number, published, several, significant
from spikecim.results.population import interval
from spikecim.results.reproduction import Reproduction, Variant
from spikecim.results.run import RunResult

FLAT = 0.005  # accuracy that a smaller margin may cost and still count as the same
FEW = 20  # chips below which a range says more than percentiles
VERDICTS = {
    "reproduced": (
        "The emulated interval reaches the published number, to its last published digit, and no parameter of the chip "
        "was fitted to that number."
    ),
    "calibrated": (
        "A parameter was fitted to this very number, on training images. Agreement is by construction and proves "
        "nothing."
    ),
    "off": "The emulated interval misses the published number.",
    "not comparable": (
        "The emulation ran on other data than the published measurement; nothing follows from the difference."
    ),
}


def key_findings(rep: Reproduction) -> list[str]:
    """Three to five sentences on loss, margin, energy, gain and training."""
    found = [_loss(rep), _margin(rep), energy_sentence(rep.median), _gain(rep), _training(rep.variants)]
    return [sentence for sentence in found if sentence]


def run_findings(run: RunResult) -> list[str]:
    """What one run alone tells."""
    confused = confusion_sentence(run)
    spikes = (
        f"{number(100 * run.accuracy(), '%')} % of {several(run.n_samples, 'image')} are read right, after "
        f"{number(run.input_spikes(), 'spikes')} input spikes on average."
    )
    return [spikes, energy_sentence(run), *([confused] if confused else [])]


def _loss(rep: Reproduction) -> str:
    ideal, chips = 100 * rep.ideal.accuracy(), 100 * rep.population.accuracy[:, -1]
    low, middle, high = interval(chips)
    if len(chips) < FEW:
        low, high = float(chips.min()), float(chips.max())
    text = (
        f"Real cells and circuits cost {number(ideal - middle, '%')} points: the ideal chip reads "
        f"{number(ideal, '%')} % right, the median of {several(len(chips), 'virtual chip')} {number(middle, '%')} % "
        f"({'90 % of them ' if len(chips) >= FEW else ''}between {number(low, '%')} and {number(high, '%')} %)."
    )
    if rep.banner:
        return text
    rows = {row.id: row.published for row in rep.rows}
    measured, lost = rows["accuracy_chip"], rows["accuracy_ideal"] - rows["accuracy_chip"]
    worse = int((chips <= measured).sum())
    return (
        f"{text} Published: {published(lost)} points, to {published(measured)} %; {worse} of the {len(chips)} virtual "
        "chips are no better than that."
    )


def _margin(rep: Reproduction) -> str | None:
    curve, own = rep.curves.get("median chip"), rep.median.program.delta_s
    if curve is None or own is None or own > len(curve.accuracy):
        return None
    enough = int(np.flatnonzero(curve.accuracy >= curve.accuracy[own - 1] - FLAT)[0])
    if enough + 1 >= own:
        return None
    saved = 1 - curve.input_spikes[enough] / curve.input_spikes[own - 1]
    lost = 100 * (curve.accuracy[own - 1] - curve.accuracy[enough])
    price = f"lose {number(lost, '%')} points of accuracy" if lost >= 0.005 else "lose no accuracy"
    return (
        f"A decision margin of {own} is generous: at {enough + 1} the median chip would {price} and spend "
        f"{100 * saved:.0f} % fewer input spikes."
    )


def energy_sentence(run: RunResult) -> str:
    """Mean energy of an image, who takes it, and what time-outs cost."""
    found = energy_json(run)
    scopes = found["readings"][found["reading"]]
    return cost_sentence(scopes["core"]["nj_per_image"], scopes["chip"]["nj_per_image"], found["time_outs"])


def cost_sentence(core: Mapping[str, float], chip: Mapping[str, float], late: Mapping[str, float | None]) -> str:
    """The same from the spread of nJ per image (`energy_tables.spread`) and what late images are and take."""
    text = f"An image costs {significant(core['mean'])} nJ in the core (median {significant(core['median'])} nJ)"
    if chip["mean"] > 0:
        outer = 100 * (1 - core["mean"] / chip["mean"])
        text += f" and {significant(chip['mean'])} nJ with logic and link, which take {outer:.0f} % of it"
    if late["images_percent"] and late["core_energy_percent"] is not None:
        text += (
            f"; the {significant(late['images_percent'])} % of images that time out take "
            f"{late['core_energy_percent']:.0f} % of the core's energy"
        )
    return text + "."


def _gain(rep: Reproduction) -> str:
    formal = {entry["baseline"]: entry["gain"]["per-synaptic-event"]["core"] for entry in gains(rep)}
    if None in formal["bare"]:
        return ""
    claim = {row.id: row.published for row in rep.rows}.get("energy_gain_formal")
    tail = f"; published: {published(claim)}×" if claim and not rep.banner else ""
    return (
        f"Whether spikes save energy depends on the baseline: the core is {gain_words(formal['with_memory'])} over "
        f"8-bit MACs that fetch operands from memory, and {gain_words(formal['bare'])} over bare MACs{tail}."
    )


def gains(rep: Reproduction) -> list[dict[str, Any]]:
    """The formal baselines of the reproduction."""
    return formal_json(rep.median, rep.population, rep.mac)


def gain_words(span: list[float]) -> str:
    """``a gain of 4.05 to 6.58×``, ``no gain (0.34 to 0.55×)`` or ``about even``."""
    low, high = sorted(span)
    text = f"{significant(low)} to {significant(high)}×"
    if low > 1:
        return f"a gain of {text}"
    return f"no gain ({text})" if high < 1 else f"about even ({text})"


def _training(variants: list[Variant]) -> str | None:
    if len(variants) < 2:
        return None
    formal, chip = [v.formal_accuracy for v in variants], [v.chip_accuracy for v in variants]
    best, best_chip = variants[int(np.argmax(formal))], variants[int(np.argmax(chip))]
    order = (
        f"{best.network} is best both ways"
        if best is best_chip
        else f"{best.network} is the best formal network, {best_chip.network} the best on the chip"
    )
    return (
        f"The papers leave the training recipe open, and it matters: {len(variants)} plausible recipes span "
        f"{number(100 * (max(formal) - min(formal)), '%')} points as formal networks and "
        f"{number(100 * (max(chip) - min(chip)), '%')} points on the same virtual chip; {order}."
    )


def confusion_sentence(run: RunResult) -> str | None:
    """The class read worst, and the most frequent mistake."""
    from spikecim.reports.confusion import confusion_counts

    counts = confusion_counts(run)
    totals = counts.sum(1)
    share = np.where(totals > 0, counts.diagonal() / np.maximum(totals, 1), 2.0)
    wrong = counts - np.diag(counts.diagonal())
    if not wrong.any():
        return "No image is misread." if counts.any() else None
    worst = int(np.argmin(share))
    label, decision = divmod(int(np.argmax(wrong)), len(counts))
    return (
        f"Worst is {worst}, read right in {100 * share[worst]:.0f} % of its images; the most frequent mistake is "
        f"{label} read as {decision} ({several(int(wrong[label, decision]), 'image')})."
    )
