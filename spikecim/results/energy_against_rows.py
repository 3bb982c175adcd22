"""Rows of an energy report on what the run is held against: links, other chips and nodes, doubt."""

from __future__ import annotations

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
class FigureRow:
    """A published pJ per event, and from where to where the anchored draws take it."""

    scope: str
    published_pj: float
    half_unit_pj: float
    low_pj: float
    high_pj: float


@dataclass(frozen=True, kw_only=True)
class SolvedRow:
    """A calibrated entry (SI) as the anchored draws solve it, and the same as the chip file would print it."""

    entry: str
    found: Range
    text: str
    text_low: str
    text_median: str
    text_high: str


@dataclass(frozen=True, kw_only=True)
class AnchorRow:
    """The draws that keep the published figures: how many, of which figures, and what that makes of the entries."""

    kept: int
    kept_percent: float
    figures: tuple[FigureRow, ...]
    solved: tuple[SolvedRow, ...]


@dataclass(frozen=True, kw_only=True)
class WayRow:
    """Words in one direction: how many an inference has, and the share of link and logic for them in the whole chip."""

    way: str
    words: float
    percent: Range


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
