"""Rows of an energy report on what the run is held against: links, formal coding, other chips and nodes, doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spikecim.results.energy_rows import Range


@dataclass(frozen=True, kw_only=True)
class LinkRow:
    """Another way to bring spikes in and out.

    Attributes
    ----------
    name, assumption : str
    bits_in, bits_out : int or None
        Of a word; None where there is no link.
    word_in_pj, word_out_pj : float
        Link and logic of one word.
    core_nj, link_nj, chip_nj : float
        Of an inference, mean; `link_nj` is link and logic together.
    chip_range : Range
        `chip_nj` over draws that keep the published figures.
    pj_per_event : float or None
    times_less : float or None
        Energy of the whole chip as it is, over this.
    """

    name: str
    assumption: str
    bits_in: int | None
    bits_out: int | None
    word_in_pj: float
    word_out_pj: float
    core_nj: float
    link_nj: float
    chip_nj: float
    chip_range: Range
    pj_per_event: float | None
    times_less: float | None


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Formal coding over spikes, above 1 where spikes win; `above_one_percent` of the draws are above 1."""

    scope: str
    reading: str
    mode: str
    gain: Range
    above_one_percent: float


@dataclass(frozen=True, kw_only=True)
class Payback:
    """Inferences after which programming is paid by what spikes save; None where they save nothing."""

    scope: str
    reading: str
    saved_nj: float
    inferences: int | None


@dataclass(frozen=True, kw_only=True)
class BaselineRow:
    """The same network and images in formal coding."""

    name: str
    title: str
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
    programming_nj : float
    equal : dict of str to int
        By scope: after how many inferences all of them together have cost more than programming did.
    one_percent : dict of str to int
        After how many programming is a hundredth of it.
    """

    programming_nj: float
    equal: Mapping[str, int | None]
    one_percent: Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True)
class BarRow:
    """One bar of a tornado: mean nJ of an inference with one entry at its low, given and high value.

    Attributes
    ----------
    scope, entry, status, source : str
    low, value, high : float
        Of the entry, SI; what multiplies every part for the reading.
    text_low, text, text_high : str
        The same as the chip file would print them.
    less_nj, more_nj : float
        What the two ends change.
    default_range : bool
        The chip file gives no range: half a printed unit, or a factor of 2, stands in.
    """

    scope: str
    entry: str
    status: str
    source: str
    default_range: bool
    low: float
    value: float
    high: float
    text_low: str
    text: str
    text_high: str
    nj_low: float
    nj: float
    nj_high: float
    less_nj: float
    more_nj: float


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """A chip of the literature, or ours computed; `citations` are the keys of `EnergyReport.citations`."""

    system: str
    year: int | None
    ours: bool
    node_nm: float | None
    kind: str
    task: str
    network: str
    accuracy_percent: float | None
    nj_per_inference: float | None
    pj_per_op: float | None
    citations: tuple[str, ...]
    read_as: str
    note: str


@dataclass(frozen=True, kw_only=True)
class ProjectionRow:
    """Ours at another node: a projection, not a result.

    Attributes
    ----------
    energy, density : float
        Of a gate and of circuits on the same area, over those here.
    """

    label: str
    kind: str
    node_nm: float
    energy: float
    density: float
    core_nj: float
    chip_nj: float
    source: str
    note: str


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
