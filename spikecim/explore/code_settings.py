"""Which stuck rates and HRS spreads a comparison of weight codes visits, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from spikecim.chips.spec import ChipSpec
from spikecim.parameters import switched_on
from spikecim.results.codes import SINGLE_SIGN, SPIRIT_CODE, TRIPLE_SIGN, CellSetting
from spikecim.results.sign_bit import ARGUED_AGE_S, ARGUED_RATE

# Shares of stuck cells, half of them in each state, and spreads of the HRS. The fine lists take half as long again.
STUCK, STUCK_FINE = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1), (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
SIGMAS, SIGMAS_FINE = (0.0, 0.5, 1.0, 1.5), (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


def own_setting(chip: ChipSpec) -> CellSetting:
    """Stuck rates and HRS spread of the chip itself."""
    cell = chip.cell
    return CellSetting(
        stuck_lrs=cell.stuck_lrs.value, stuck_hrs=cell.stuck_hrs.value, hrs_sigma=cell.hrs.sigma_ln.value
    )


def jobs_of(
    chip: ChipSpec, codes: Sequence[str], stuck: Sequence[float], sigmas: Sequence[float]
) -> Iterator[tuple[str, CellSetting]]:
    """Every (code, setting) once, all codes of one setting together, so that an interrupt leaves a fair comparison."""
    own = own_setting(chip)

    def at(lrs: float, hrs: float, sigma: float = own.hrs_sigma) -> CellSetting:
        return CellSetting(stuck_lrs=lrs, stuck_hrs=hrs, hrs_sigma=sigma)

    argued = ARGUED_RATE / 2
    special = [at(argued, argued, 0.0), at(0.0, 0.0, 0.0), *_aged(chip, own)]
    settings = [
        own,
        at(argued, argued),
        at(0.0, 0.0),
        *special,
        *(at(rate / 2, rate / 2) for rate in stuck),
        *(at(own.stuck_lrs, own.stuck_hrs, sigma) for sigma in sigmas),
        # One kind of fault alone, at the same rate.
        at(ARGUED_RATE, 0.0),
        at(0.0, ARGUED_RATE),
    ]
    arguing = (SPIRIT_CODE, TRIPLE_SIGN, SINGLE_SIGN)
    for setting in dict.fromkeys(settings):
        for code in codes:
            # Spread switched off among faults, and age, are for the argument only.
            if setting not in special or code in arguing:
                yield code, setting


def _aged(chip: ChipSpec, own: CellSetting) -> list[CellSetting]:
    """The chip's own setting at the argued age, if its cells have a law of relaxation that reaches so far."""
    law = switched_on(chip.cell.relaxation)
    reaches = law is not None and law.horizon.value >= ARGUED_AGE_S
    return [replace(own, after_s=ARGUED_AGE_S)] if reaches else []
