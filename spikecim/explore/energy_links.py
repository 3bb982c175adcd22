"""What another link would make of the same run: its own words, counted again on other wires.

A wire that changes its level costs the same on every link here: the energy of a bit on the serial link, over the 2
edges of its clock and half a change of its data line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.loader import load_multi_chip
from spikecim.energy.entries import Entry, entries_of
from spikecim.energy.terms import Term, mean_pj
from spikecim.results.energy_against_rows import LinkRow
from spikecim.results.energy_rows import Range
from spikecim.results.energy_source import EnergySource

CLOCK, DATA, HANDSHAKE = 2.0, 0.5, 4.0  # changes of level: a clock pulse; a random data bit; request and acknowledge
SERIAL = CLOCK + DATA
FASTER, DATA_LINES = 10, 4
WIRE, IN, OUT = "energy.core_word", "link.input_bits", "link.output_bits"
Counts = NDArray[np.float64]
Spread = Callable[[Sequence[Term], Sequence[str]], Counts]


@dataclass(frozen=True, kw_only=True)
class Option:
    """Another link, told against the one that the run had.

    Attributes
    ----------
    name, assumption : str
    bits : (int or None, int or None)
        Bits of a word in and out; None where nothing is sent over the link.
    energy : (float, float)
        What a word in and out takes on the wires, over what it takes now.
    serial_bits : (float, float) or None
        Or: the bits of a serial word that would take as much, in and out, whatever a word has now.
    logic : float
        What the logic of a word takes, over what it takes now.
    ticks : float
        Length of a tick, over what it is now.
    one_out : bool
        One word leaves for each inference instead of one for each output spike, which the logic still handles.
    wire : bool
        Words travel on the chip instead, as between its cores.
    """

    name: str
    assumption: str
    bits: tuple[int | None, int | None]
    energy: tuple[float, float] = (1.0, 1.0)
    serial_bits: tuple[float, float] | None = None
    logic: float = 1.0
    ticks: float = 1.0
    one_out: bool = False
    wire: bool = False


_ON_CHIP = (
    Option(
        name="source and sink on the chip",
        assumption="words travel as between cores (its core_word entry, assumed); logic as it is",
        bits=(None, None),
        energy=(0.0, 0.0),
        wire=True,
    ),
    Option(
        name="the same without serial logic",
        assumption="the router within core_word takes the place of the logic too",
        bits=(None, None),
        energy=(0.0, 0.0),
        logic=0.0,
        wire=True,
    ),
    Option(
        name="no link at all",
        assumption="a bound: no link and no logic; words between cores stay, where there are several",
        bits=(None, None),
        energy=(0.0, 0.0),
        logic=0.0,
    ),
)


def options_of(source: EnergySource) -> tuple[Option, ...]:
    """The link as it is, and what else could bring the same spikes in and out."""
    return *_serial_options(source.bits), *_event_options(source), *_ON_CHIP


def _serial_options(now: tuple[int, int]) -> tuple[Option, ...]:
    """Words of `now` bits as they are, on a faster and on a wider link."""
    quad = tuple((CLOCK * -(-bits // DATA_LINES) + DATA * bits) / (SERIAL * bits) for bits in now)
    return (
        Option(name="as it is", assumption=f"serial, words of {now[0]} bits in and {now[1]} bits out", bits=now),
        Option(
            name="faster clock",
            assumption=f"ticks {FASTER} times shorter; a bit takes what it takes now; by assumption nothing outside "
            "the core is static, so "
            "only the core's standing power shrinks",
            bits=now,
            ticks=1 / FASTER,
        ),
        Option(
            name="wider: four data lines",
            assumption=f"{DATA_LINES} data lines share one clock; a clock pulse is 2 changes of level, a data bit half",
            bits=now,
            energy=(quad[0], quad[1]),
        ),
    )


def _event_options(source: EnergySource) -> tuple[Option, ...]:
    """Words that hold no more than they must, and fewer of them."""
    short = tuple(_address_bits(lines) + 1 for lines in source.lines)
    told = f"{short[0] - 1}-bit address and sign in, {short[1] - 1}-bit address and sign out"
    parallel = tuple((HANDSHAKE + DATA * bits) / SERIAL for bits in short)
    return (
        Option(
            name="shorter words",
            assumption=f"serial; {told}; logic as it is",
            bits=(short[0], short[1]),
            serial_bits=(short[0], short[1]),
        ),
        Option(
            name="parallel address-event bus",
            assumption=f"{told}; 4 changes of level for request and acknowledge; logic as it is",
            bits=(short[0], short[1]),
            serial_bits=(parallel[0], parallel[1]),
        ),
        Option(
            name="only the class leaves",
            assumption="serial as it is; the logic of an output word counts output spikes on the chip as before, one "
            "word leaves for "
            "each inference",
            bits=source.bits,
            one_out=True,
        ),
        Option(
            name="address events in, only the class out",
            assumption="the two together",
            bits=(short[0], short[1]),
            serial_bits=(parallel[0], parallel[1]),
            one_out=True,
        ),
    )


def _address_bits(lines: int) -> int:
    """Bits that tell `lines` lines apart."""
    return max(1, (lines - 1).bit_length())


def wire_entry(source: EnergySource) -> Entry:
    """What a word takes on the chip: the run's own entry, or that of the shipped chip of several cores."""
    own = next((entry for entry in source.entries if entry.path == WIRE), None)
    if own is not None:
        return own
    chip = load_multi_chip("spirit-multi")
    return next(entry for entry in entries_of(chip.energy, chip.link) if entry.path == WIRE)


def terms_with(source: EnergySource, option: Option) -> tuple[Term, ...]:
    """Terms of the run's own inferences, had they had this link."""
    own, out = source.own, np.ones_like(source.own.words_out)
    found = []
    for term in own.terms:
        incoming = incoming_of(term)
        counts, factors = term.counts, term.factors
        if option.one_out and term.part == "link" and not incoming:
            counts = _last_layer(out, counts)
        if term.part == "link" and option.serial_bits is not None:
            factors = tuple(path for path in factors if path not in (IN, OUT))
            factor = option.serial_bits[0 if incoming else 1]
        elif term.part == "link":
            factor = option.energy[0 if incoming else 1]
        else:
            factor = {"logic": option.logic, "static": option.ticks}.get(term.part, 1.0)
        found.append(replace(term, counts=counts * factor, factors=factors))
    if option.wire:
        words = own.words_in + own.words_out
        more = tuple(path for path in own.terms[0].factors if path == "energy.reading")
        found.append(Term(part="link", factors=(WIRE, *more), counts=_last_layer(words, own.terms[0].counts)))
    return tuple(found)


def incoming_of(term: Term) -> bool:
    """Whether a term of link or logic is about words in."""
    return term.entry == "energy.logic_input" or IN in term.factors


def _last_layer(words: NDArray[np.int64], like: NDArray[np.int64]) -> NDArray[np.int64]:
    """`words` (n_samples,) as counts (n_samples, n_layers) of the last layer."""
    counts = np.zeros(like.shape, np.int64)
    counts[:, -1] = words
    return counts


def link_rows(source: EnergySource, spread: Spread, percentiles: tuple[float, float]) -> tuple[LinkRow, ...]:
    """One row for each option; `spread` draws the mean nJ of an inference from terms and parts, (n_draws,)."""
    wire = wire_entry(source)
    values = {**source.values(), wire.path: wire.value}
    core, chip = source.scopes["core"], source.scopes["chip"]
    outer = tuple(part for part in chip if part in ("logic", "link"))
    now = mean_pj(source.own.terms, values, chip) / 1000
    events = float(source.own.events.sum(1).mean())
    rows = []
    for option in options_of(source):
        terms = terms_with(source, option)
        nj = {name: mean_pj(terms, values, parts) / 1000 for name, parts in (("core", core), ("chip", chip))}
        low, median, high = np.percentile(spread(terms, chip), [percentiles[0], 50.0, percentiles[1]])
        word_in, word_out = _word_pj(option, source, values)
        rows.append(
            LinkRow(
                name=option.name,
                assumption=option.assumption,
                bits_in=option.bits[0],
                bits_out=option.bits[1],
                word_in_pj=word_in,
                word_out_pj=word_out,
                core_nj=nj["core"],
                link_nj=mean_pj(terms, values, outer) / 1000,
                chip_nj=nj["chip"],
                chip_range=Range(value=nj["chip"], low=float(low), median=float(median), high=float(high)),
                pj_per_event=1000 * nj["chip"] / events if events else None,
                times_less=now / nj["chip"] if nj["chip"] else None,
            )
        )
    return tuple(rows)


def _word_pj(option: Option, source: EnergySource, values: Mapping[str, float]) -> tuple[float, float]:
    """pJ of link and logic of one word in and out."""
    scale = 1e12 * values.get("energy.reading", 1.0)
    wire = values[WIRE] if option.wire else 0.0
    logic = values["energy.logic_input"], values["energy.logic_output"]
    now = source.bits
    bits = option.serial_bits or (option.energy[0] * now[0], option.energy[1] * now[1])
    first, second = (scale * (wire + option.logic * logic[k] + bits[k] * values["energy.link_bit"]) for k in range(2))
    return first, second
