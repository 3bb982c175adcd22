"""Rows of an energy report on formal coding: what it takes, what spikes gain over it, what pays for programming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spikecim.results.energy_rows import Range


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Formal coding over spikes, above 1 where spikes win; `above_one_percent` of the draws are above 1.

    Attributes
    ----------
    same_link : bool
        Formal coding pays for the same link: a word for each pixel in, one for the class out.
    like_for_like : bool
        Both sides pay for the same things: the core alone, or the whole chip with the same link.
    formal_nj : float
        Formal coding with its constants at their typical values.
    gain : Range
        `value` at the table and the typical constants; the rest over draws.
    """

    scope: str
    reading: str
    mode: str
    same_link: bool
    like_for_like: bool
    formal_nj: float
    gain: Range
    above_one_percent: float


@dataclass(frozen=True, kw_only=True)
class Payback:
    """Inferences after which programming is paid by what spikes save; None where they save nothing.

    Attributes
    ----------
    saved_nj, inferences
        At the table and the typical constants.
    low, median, high : int or None
        Of the draws, those of programming too; None is never.
    pays_percent : float
        Draws in which it is ever paid.
    """

    scope: str
    reading: str
    mode: str
    saved_nj: float
    inferences: int | None
    low: int | None
    median: int | None
    high: int | None
    pays_percent: float


@dataclass(frozen=True, kw_only=True)
class BaselineRow:
    """The same network and images in formal coding; `macs` are those done, zeros skipped where the title says so."""

    name: str
    title: str
    macs: float
    pj_low: float
    pj_typical: float
    pj_high: float
    nj_low: float
    nj_typical: float
    nj_high: float
    gains: tuple[Gain, ...]
    paybacks: tuple[Payback, ...]


@dataclass(frozen=True, kw_only=True)
class ProgrammingRow:
    """Programming once, in inferences.

    Attributes
    ----------
    programming_nj, low_nj, high_nj : float
        As the run says, and a factor of 3 either way.
    status, pulse : str
        Of the energy of a pulse, and that energy.
    loading_nj : float
        Bringing the weights to the chip, one word each over the link; in no other number.
    equal : dict of str to int
        By scope: after how many inferences all of them together have cost more than programming did.
    one_percent : dict of str to int
        After how many programming is a hundredth of it.
    """

    programming_nj: float
    low_nj: float
    high_nj: float
    status: str
    pulse: str
    loading_nj: float
    equal: Mapping[str, int | None]
    one_percent: Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A number of a baseline with its range and source."""

    name: str
    low: float
    typical: float
    high: float
    unit: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A gain over formal coding as published."""

    gain: float
    source: str
