"""Fit what SPIRIT's papers leave open, on training images only: the window, and two entries of the energy table.

Each fit has one unknown and one published number: the presentation window for 136 input spikes at delta_s 10, the
clamp-and-injector energy for 3.6 pJ, the energy of a link bit for 180 pJ per synaptic event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.energy.actions import Actions, count_actions
from spikecim.energy.ledger import PICO, account
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError
from spikecim.experiments.material import Material
from spikecim.experiments.published import PUBLISHED
from spikecim.network import Network

INPUT_SPIKES, CORE_PJ, CHIP_PJ = (
    PUBLISHED[row].value for row in ("input_spikes_per_image", "energy_core_per_event_pj", "energy_chip_per_event_pj")
)
READING = {"energy.reading": "per-synaptic-event"}  # the table is written for it


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One fitted parameter.

    Attributes
    ----------
    path : str
        Where it stands in the chip file.
    value : str
        Fitted value with unit, as it is written there.
    shipped : str
        Value in the chip file now.
    target, reached : float
        Published number, and what the fitted chip gives on the same training images.
    fitted_to : str
        Row of the published number.
    source : str
        Text for the chip file.
    """

    path: str
    value: str
    shipped: str
    target: float
    reached: float
    fitted_to: str
    source: str

    def toml(self) -> str:
        """The line to put into a chip file."""
        key = self.path.rpartition(".")[2]
        return (
            f'{key} = {{ value = "{self.value}", status = "calibrated", fitted_to = "{self.fitted_to}", '
            f'source = "{self.source}" }}'
        )


def calibrate(
    chip_name: str,
    network: Network,
    train: Material,
    *,
    n_chips: int = 20,
    seed: int = 0,
    progress: Callable[[str], None] = lambda text: None,
) -> list[Fit]:
    """Return the fits for `chip_name` on training material; virtual chips 0..n_chips-1 stand for the measured one.

    Raises
    ------
    ParameterError
        If `train` is not a training split, or a target lies out of reach.
    """
    if train.split != "train":
        raise ParameterError(f"calibration takes training images only, got the {train.split} split")
    about = f"{len(train.labels)} held-out {train.dataset} training images, {n_chips} virtual chips, seed {seed}"
    start = load_chip(chip_name, READING)
    window = _fit_window(chip_name, network, train, n_chips, seed, progress)
    chip = load_chip(chip_name, {**READING, "coding.window": window})
    actions = _actions(chip, network, train, n_chips, seed)
    injector = _fit_injector(chip, actions)
    chip = load_chip(chip_name, {**READING, "coding.window": window, "energy.clamp_injector": injector})
    core = _per_event(chip, actions, "core")
    link = _fit_link(chip, actions)
    chip = load_chip(
        chip_name, {**READING, "coding.window": window, "energy.clamp_injector": injector, "energy.link_bit": link}
    )
    return [
        _fit(
            start,
            "coding.window",
            window,
            "input_spikes_per_image",
            INPUT_SPIKES,
            float(actions.input_words.mean()),
            about,
        ),
        _fit(start, "energy.clamp_injector", injector, "energy_core_per_event_pj", CORE_PJ, core, about),
        _fit(
            start,
            "energy.link_bit",
            link,
            "energy_chip_per_event_pj",
            CHIP_PJ,
            _per_event(chip, actions, "chip"),
            about,
        ),
    ]


def _fit(chip: ChipSpec, path: str, value: str, row: str, target: float, reached: float, about: str) -> Fit:
    shipped = dict(chip.parameters())[path].text()
    source = f"fitted to {row} = {target:g} by `spikecim calibrate spirit` on {about}"
    return Fit(path=path, value=value, shipped=shipped, target=target, reached=reached, fitted_to=row, source=source)


def _fit_window(
    chip_name: str, network: Network, train: Material, n_chips: int, seed: int, progress: Callable[[str], None]
) -> str:
    """Bisect the window in whole ticks: more time, fewer time-outs, more input spikes."""
    tick_s = load_chip(chip_name).tick_s

    def spikes_at(ticks: int) -> float:
        chip = load_chip(chip_name, {"coding.window": f"{ticks * tick_s!r} s"})
        reached = float(_actions(chip, network, train, n_chips, seed).input_words.mean())
        progress(f"window {ticks} ticks: {reached:.2f} input spikes per image")
        return reached

    low, high = 64, 16_384
    if not spikes_at(low) < INPUT_SPIKES < spikes_at(high):
        raise ParameterError(f"coding.window: no window of {low}..{high} ticks gives {INPUT_SPIKES:g} input spikes")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if spikes_at(middle) < INPUT_SPIKES else (low, middle)
    return f"{high * tick_s * 1e6:.6g} us"


def _actions(chip: ChipSpec, network: Network, train: Material, n_chips: int, seed: int) -> Actions:
    """Action counts of all chips on all images, one after another."""
    trains, engine = chip.rate_code().encode(train.values, seed), EventEngine(keep_spikes=False)
    programs = [build(chip, network, seed, index).program for index in range(n_chips)]
    counts = [count_actions(program, trains, engine.run(program, trains)) for program in programs]
    names = list(Actions.__dataclass_fields__)
    return Actions(**{name: np.concatenate([getattr(count, name) for count in counts]) for name in names})


def _per_event(chip: ChipSpec, actions: Actions, scope: str) -> float:
    ledger = account(actions, chip.energy, tick_s=chip.tick_s, bits=chip.word_bits, n_out=chip.geometry.n_out.value)
    return ledger.per_synaptic_event_pj(scope)


def _fit_injector(chip: ChipSpec, actions: Actions) -> str:
    """The core figure is linear in the entry: what the other core parts leave, shared over all injector pulses."""
    known = chip.energy.clamp_injector.value * PICO
    per_event = actions.injector_pulses.sum() / actions.synaptic_events.sum()
    entry = known + (CORE_PJ - _per_event(chip, actions, "core")) / per_event
    return _positive(entry, "energy.clamp_injector", CORE_PJ)


def _fit_link(chip: ChipSpec, actions: Actions) -> str:
    known = chip.energy.link_bit.value * PICO
    bits = actions.input_words.sum() * chip.word_bits[0] + actions.output_words.sum() * chip.word_bits[1]
    entry = known + (CHIP_PJ - _per_event(chip, actions, "chip")) * actions.synaptic_events.sum() / bits
    return _positive(entry, "energy.link_bit", CHIP_PJ)


def _positive(entry_pj: float, path: str, target: float) -> str:
    if entry_pj <= 0:
        raise ParameterError(f"{path}: the other entries already exceed {target:g} pJ per synaptic event")
    return f"{entry_pj:.4g} pJ"
