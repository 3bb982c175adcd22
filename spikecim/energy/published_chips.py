"""Chips that others published: task, accuracy and energy, each row with its source (`published_chips.toml`)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from spikecim.errors import ParameterError
from spikecim.parameters import Section, read_section

READ_AS = ("own text", "own abstract", "abstract and translation", "own page and table elsewhere", "table elsewhere")


class PublishedChip(Section):
    """One row; None where nothing was published, or nothing could be read.

    Attributes
    ----------
    system, year, kind, task, network
        Short texts for a table; `kind` says what the neurons and synapses are made of.
    node_nm
        Technology node.
    accuracy_percent
    nj_per_inference
    pj_per_sop
        Energy of one synaptic operation, as its own paper counts them.
    source
        Short names, comma-separated, of the table's sources.
    read_as
        One of `READ_AS`: how much of the source was read.
    note
        What a reader must know before comparing.
    """

    system: str
    year: int
    node_nm: float | None = None
    kind: str
    task: str
    network: str
    accuracy_percent: float | None = None
    nj_per_inference: float | None = None
    pj_per_sop: float | None = None
    source: str
    read_as: str
    note: str = ""

    def check(self) -> None:
        if self.read_as not in READ_AS:
            raise ParameterError(f"read_as {self.read_as!r} is not one of {', '.join(READ_AS)}")
        numbers = (self.node_nm, self.accuracy_percent, self.nj_per_inference, self.pj_per_sop)
        if any(number is not None and not number > 0 for number in numbers):
            raise ParameterError(f"{self.system}: numbers must be above 0; leave out what is not known")


class PublishedChips(Section):
    """All rows in the order of the file, and the full citations of their short names."""

    sources: dict[str, str]
    chip: tuple[PublishedChip, ...]

    def check(self) -> None:
        for row in self.chip:
            missing = set(row.source.split(", ")) - set(self.sources)
            if missing:
                raise ParameterError(f"{row.system}: source {min(missing)!r} is not in [sources]")

    def citations(self, row: PublishedChip) -> tuple[str, ...]:
        """Full citations of a row."""
        return tuple(self.sources[name] for name in row.source.split(", "))


@functools.cache
def published_chips() -> PublishedChips:
    """Read the shipped table."""
    text = (resources.files("spikecim.energy") / "published_chips.toml").read_text(encoding="utf-8")
    return read_section(PublishedChips, tomllib.loads(text), "published_chips.toml")
