"""What stands on the page, as plain values for the template: nothing here knows HTML but the ready-made strips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from spikecim.chips.spec import ChipSpec
from spikecim.reports import page_tables
from spikecim.reports.sentences import VERDICTS, key_findings, run_findings
from spikecim.reports.strips import strip
from spikecim.reports.study_plates import study_leads
from spikecim.reports.tables import assumptions, facts, settings
from spikecim.reports.wording import number, published, several
from spikecim.results.findings import Row
from spikecim.results.reproduction import EngineCheck, Reproduction
from spikecim.results.run import RunResult
from spikecim.version import __version__

# Title, short name for the list of sections, lead.
GROUPS = {
    "chips": ("A population of chips", "Chips", ""),
    "causes": ("What costs the points", "Causes", ""),
    "time": ("A chip grows old", "Time", ""),
    "codes": ("Weight codes under faults", "Codes", ""),
    "images": (
        "Images, spike by spike",
        "Images",
        "From the picture to the decision, on one virtual chip; images are chosen by rule.",
    ),
    "devices": ("Errors, cells, weights", "Devices", ""),
    "energy": ("Energy", "Energy", ""),
}
_STATUSES = ("published", "derived", "measured", "proxy", "calibrated", "assumed")


def reproduction_page(rep: Reproduction) -> dict[str, Any]:
    """Everything on the page of a reproduction but its figures."""
    known = facts(rep)
    data = _data(rep.median)
    done, asked = rep.population.n_chips, rep.population.requested
    chips = several(done, "virtual chip") if done == asked else f"{done} of {asked} virtual chips (interrupted)"
    return {
        **_common(rep.median.chip),
        "overline": "Reproduction report",
        "banner": rep.banner,
        "meta": [("data", data), ("seed", known.get("seed", "")), ("chips", chips), *_version(rep.median.chip)],
        "rows": [_row(row) for row in rep.rows],
        "verdicts": [(kind, text) for kind, text in VERDICTS.items() if kind in {row.verdict for row in rep.rows}],
        "findings_title": "Key findings",
        "findings": key_findings(rep),
        "leads": study_leads(rep.studies) if rep.studies else {},
        "energy_tables": page_tables.energy_tables(rep.median, rep),
        "variants": page_tables.variants_table(rep),
        "check": _check(rep.check),
        "settings": list({**known, **settings(rep.median)}.items()),
        "replay": (
            "The run of the median virtual chip is saved with its program and every spike. Replaying runs it again and "
            "compares spike by spike; the second line makes this whole page anew."
        ),
        "commands": ["spikecim replay run.h5", _command(rep, known)],
    }


def run_page(run: RunResult) -> dict[str, Any]:
    """Everything on the page of one run but its figures."""
    known = settings(run)
    data = _data(run)
    chip = f"{run.chip.name} {known.get('chip_index', '')}".strip()
    return {
        **_common(run.chip),
        "overline": "Run report",
        "banner": None,
        "meta": [("data", data), ("seed", known.get("seed", "")), ("virtual chip", chip), *_version(run.chip)],
        "rows": [],
        "verdicts": [],
        "findings_title": "In short",
        "findings": run_findings(run),
        "leads": {},
        "energy_tables": page_tables.energy_tables(run, None),
        "variants": None,
        "check": None,
        "settings": list(known.items()),
        "replay": "A saved run holds its program and every spike. Replaying runs it again and compares spike by spike.",
        "commands": ["spikecim replay run.h5"],
    }


def sections(page: dict[str, Any], groups: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Anchors of the page in order."""
    found = [("table", "Table")] if page["rows"] else []
    found.append(("findings", "Findings"))
    for group in groups:
        found += [("race", "Race")] if group["id"] == "images" and page["race"] else []
        found.append((group["id"], group["short"]))
    found += [("training", "Training")] if page["variants"] else []
    found += [("engines", "Engines")] if page["check"] else []
    return [*found, ("parameters", "Parameters"), ("replay", "Replay")]


def _common(chip: ChipSpec) -> dict[str, Any]:
    title, _, rest = chip.title.partition(": ")
    rows = assumptions(chip)
    counts = Counter(row["status"] for row in rows)
    shades = {status: 1.0 - 0.16 * place for place, status in enumerate(_STATUSES)}
    statuses = [
        {"status": status, "count": counts[status], "opacity": f"{shades[status]:.2f}"}
        for status in _STATUSES
        if counts[status]
    ]
    return {
        "title": title,
        "subtitle": rest,
        "chip": chip.name,
        "version": __version__,
        "assumptions": rows,
        "sources": list(chip.sources.items()),
        "statuses": statuses,
        "status_sentence": _rests_on(counts, len(rows)),
    }


def _rests_on(counts: Counter[str], total: int) -> str:
    others = {
        "proxy": "measured on other devices",
        "measured": "measured",
        "calibrated": "fitted on training images",
        "assumed": "assumed",
    }
    told = [f"{counts[status]} {text}" for status, text in others.items() if counts[status]]
    known = counts["published"] + counts["derived"]
    return f"{known} of {total} parameters are published or derived; {', '.join(told)}. Each is listed with its source."


def _data(run: RunResult) -> str:
    """``10,000 mnist test images``."""
    name = run.settings.get("data", "unknown").partition(" (")[0]
    return f"{run.n_samples:,} {name} {'image' if run.n_samples == 1 else 'images'}"


def _version(chip: ChipSpec) -> list[tuple[str, str]]:
    return [("chip file", chip.digest()), ("spikecim", __version__)]


def _row(row: Row) -> dict[str, Any]:
    texts = {name: number(getattr(row, name), row.unit) for name in ("emulated", "low", "high")}
    unit = "×" if row.unit == "x" else row.unit
    quantity = row.quantity.replace("delta_s", "δs")
    return {
        **row.as_dict(),
        "quantity": quantity,
        "unit": "" if unit in ("spikes", "cells", "reads") else unit,
        "texts": {**texts, "published": published(row.published, row.unit, row.relation)},
        "strip": strip(row),
    }


def _check(check: EngineCheck | None) -> str:
    if check is None:
        return "Not run: the images were run on one engine only."
    first, second = check.engines
    rest = "Decisions and residual charges are identical too." if check.identical else "The engines do not agree."
    return (
        f"The {second} engine ran {several(check.samples, 'image')} of the median chip again ({check.seconds:.0f} s): "
        f"{several(check.spikes, 'output spike')} compared with the {first} engine, {check.differing:,} differing. "
        f"{rest}"
    )


def _command(rep: Reproduction, known: dict[str, str]) -> str:
    images = f" --images {rep.median.n_samples}" if rep.banner else ""
    asked = f"--chips {rep.population.requested} --seed {known.get('seed', '0')}"
    chip = "" if known.get("chip_file", "spirit") == "spirit" else f" --chip {known['chip_file']}"
    return f"spikecim reproduce spirit{chip} --data {known.get('dataset', 'mnist')} {asked}{images}"
