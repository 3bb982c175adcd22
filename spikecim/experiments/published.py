"""SPIRIT's published numbers: what the rows compare with, and what calibration may fit."""

from __future__ import annotations

from dataclasses import dataclass

EMB = "Leti article, embedded.com 2020"
IEDM = "IEDM 2019 paper 14.3, abstract"
EEN = "eeNews Europe 2019"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A number as printed: it stands for everything within `half_unit` of it, and above it if it is a lower bound."""

    value: float
    half_unit: float
    unit: str
    source: str
    at_least: bool = False


PUBLISHED = {
    "accuracy_ideal": Published(value=88.0, half_unit=0.5, unit="%", source=f"{EMB}; {IEDM}"),
    "accuracy_chip": Published(value=84.0, half_unit=0.5, unit="%", source=f"{EMB}; {IEDM}"),
    "input_spikes_per_image": Published(value=136.0, half_unit=0.5, unit="spikes", source=EMB),
    "cells": Published(
        value=11_520.0, half_unit=0.5, unit="cells", source=f'product of the published geometry; {EEN} prints "11,500"'
    ),
    "energy_core_per_event_pj": Published(value=3.6, half_unit=0.05, unit="pJ", source=f"{EMB}; {IEDM}"),
    "energy_chip_per_event_pj": Published(value=180.0, half_unit=0.5, unit="pJ", source=EMB),
    "energy_gain_formal": Published(value=5.0, half_unit=0.5, unit="x", source=f"{EMB}; {IEDM} (up to 5x)"),
    "energy_gain_bare_mac": Published(value=5.0, half_unit=0.5, unit="x", source=f"{EMB}; {IEDM} (up to 5x)"),
    "reads_without_disturb": Published(
        value=800e6, half_unit=50e6, unit="reads", source=f"{EMB} (800 M spikes); {IEDM} (750 M)", at_least=True
    ),
    # "Does not degrade": accuracies are printed in whole percent.
    "accuracy_after_relaxation": Published(
        value=0.0, half_unit=0.5, unit="points", source=f"{EMB} (relaxation within the hour, accuracy does not degrade)"
    ),
    "sign_bit_argument": Published(
        value=0.0,
        half_unit=0.0,
        unit="points",
        source=f"{EMB} (a sign bit would need triple redundancy; no number is printed: read as 4 + 4 cells no worse)",
        at_least=True,
    ),
}
# The task behind these numbers: inputs, neurons, decision margin.
TASK = (144, 10, 10)
