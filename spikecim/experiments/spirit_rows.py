"""The rows of SPIRIT's published table, each computed from results and judged by how its inputs were set."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from spikecim.chips.spec import ChipSpec
from spikecim.energy.baselines import FormalMac
from spikecim.results.findings import Row, fitted_to, verdict
from spikecim.results.population import Population, interval
from spikecim.results.run import RunResult

EMB = "Leti article, embedded.com 2020"
IEDM = "IEDM 2019 paper 14.3, abstract"
EEN = "eeNews Europe 2019"


def published_rows(
    ideal: RunResult, median: RunResult, population: Population, mac: FormalMac, *, comparable: bool
) -> list[Row]:
    """Return all rows; on other data than MNIST's full test set only the cell count stays comparable."""
    table = _Table(chip=median.chip, comparable=comparable)
    chips, margin = population.n_chips, median.chip.decision.delta_s.value
    per_event = population.core_pj / population.synaptic_events
    per_event_chip = population.chip_pj / population.synaptic_events
    trained = f"network {ideal.network.name}: training recipe assumed, nothing fitted to this number"
    cells = float(median.resistance.size)
    return [
        table.row(
            "accuracy_ideal", "Accuracy, ideal simulation", 88.0, 0.5, _binomial(ideal), "%", f"{EMB}; {IEDM}", trained
        ),
        table.row(
            "accuracy_chip",
            f"Accuracy, chip (median and 90 % interval of {chips} virtual chips)",
            84.0,
            0.5,
            _percent(interval(population.accuracy[:, -1])),
            "%",
            f"{EMB}; {IEDM}",
            f"cell preset {median.chip.cell.device} from proxy devices, circuit mismatch assumed",
        ),
        table.row(
            "input_spikes_per_image",
            f"Input spikes per image at delta_s = {margin}",
            136.0,
            0.5,
            interval(population.input_spikes[:, -1]),
            "spikes",
            EMB,
            "presentation window",
        ),
        table.row(
            "cells",
            "RRAM cells",
            11_520.0,
            0.5,
            (cells, cells, cells),
            "cells",
            f'{EEN} ("11,500")',
            "counted in the array",
        ),
        table.row(
            "energy_core_per_event_pj",
            "Energy per synaptic event, core",
            3.6,
            0.05,
            interval(per_event),
            "pJ",
            f"{EMB}; {IEDM}",
            "clamp and injector energy",
        ),
        table.row(
            "energy_chip_per_event_pj",
            "Energy per synaptic event, with logic and link",
            180.0,
            0.5,
            interval(per_event_chip),
            "pJ",
            EMB,
            "link energy",
        ),
        _gain_row(table, median, population, mac, with_memory=True),
        _gain_row(table, median, population, mac, with_memory=False),
    ]


class _Table:
    """Fills verdict and status from the chip's birth certificates."""

    def __init__(self, *, chip: ChipSpec, comparable: bool) -> None:
        self._chip, self._comparable = chip, comparable

    def row(
        self,
        id_: str,
        quantity: str,
        published: float,
        half_unit: float,
        values: tuple[float, float, float],
        unit: str,
        source: str,
        how: str,
    ) -> Row:
        low, middle, high = values
        fitted = fitted_to(self._chip, id_)
        status = f"calibrated: {how} ({', '.join(fitted)}) fitted on training images" if fitted else how
        return Row(
            id=id_,
            quantity=quantity,
            published=published,
            emulated=middle,
            low=low,
            high=high,
            unit=unit,
            verdict=verdict(
                published,
                half_unit,
                (low, high),
                fitted=bool(fitted),
                comparable=self._comparable or id_ == "cells",
            ),
            status=status,
            source=source,
        )


def _gain_row(table: _Table, median: RunResult, population: Population, mac: FormalMac, *, with_memory: bool) -> Row:
    """Energy of the formal-coded network over the core energy of an image: low and high over the two scaling rules."""
    macs = median.program.n_in * median.program.n_out
    image_pj = float(np.median(population.core_pj))
    costs = mac.with_memory_pj if with_memory else mac.bare_pj
    low, high = (macs * cost / image_pj for cost in costs)
    kind = "8-bit MAC with its memory traffic" if with_memory else "bare 8-bit MAC"
    return table.row(
        "energy_gain_formal" if with_memory else "energy_gain_bare_mac",
        f"Energy gain over formal coding, {kind} at 130 nm",
        5.0,
        0.5,
        (low, float(np.sqrt(low * high)), high),
        "x",
        f"{EMB}; {IEDM} (up to 5x)",
        "baseline scaled from 45 nm constants by two rules; core energy and spike count behind it are calibrated",
    )


def _binomial(run: RunResult) -> tuple[float, float, float]:
    """Wilson 90 % interval of the accuracy, in percent: what another 10,000 images could have given."""
    n, p, z = run.n_samples, run.accuracy(), float(norm.ppf(0.95))
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return 100 * float(centre - half), 100 * p, 100 * float(centre + half)


def _percent(values: tuple[float, float, float]) -> tuple[float, float, float]:
    low, middle, high = values
    return 100 * low, 100 * middle, 100 * high
