"""The tornado: no empty bar on SPIRIT or on several cores, ends worked out by hand, and a dead number is an error."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from spikecim.chips import load_chip, load_multi_chip
from spikecim.emulator import Emulator
from spikecim.energy.actions import Actions
from spikecim.energy.entries import Entry, entries_of
from spikecim.energy.layered import LAYERED_SCOPES, STANDING, LayeredActions
from spikecim.energy.ledger import SCOPES
from spikecim.energy.sensitivity import averaged, tornado, unmoved
from spikecim.energy.terms import READING, Term, layered_terms_of, mean_pj, terms_of, values_of
from spikecim.errors import ParameterError
from spikecim.network import Network

SPIRIT, MULTI = load_chip("spirit"), load_multi_chip("spirit_multi")
ENTRIES = entries_of(SPIRIT.energy, SPIRIT.link, n_out=10)
MANY = entries_of(MULTI.energy, MULTI.link)
CORE_PATHS = {"supply", "clamp_injector", "comparator", "reset_packet", "static_power", "tick", "reading"}


def spirit_terms() -> tuple[Term, ...]:
    """A small run of the emulator itself, on random images."""
    draws = np.random.default_rng(3)
    network = Network(weights=draws.integers(-4, 5, (144, 10)).astype(np.int8))
    chip = load_chip("spirit", {"coding.window": "200 us"})
    return terms_of(Emulator(chip=chip, network=network).run(draws.random((4, 144)), np.zeros(4)).actions())


RUN = spirit_terms()


def deep_terms(n_layers: int = 2, **changes: int) -> tuple[Term, ...]:
    draws, shape = np.random.default_rng(5), (3, n_layers)
    names = [field.name for field in fields(LayeredActions) if field.name not in ("ticks", *STANDING)]
    counts = {
        name: np.full(shape, changes[name]) if name in changes else draws.integers(1, 999, shape) for name in names
    }
    actions = LayeredActions(
        **counts, ticks=draws.integers(1, 99, 3), cores=np.ones(n_layers), neurons=np.full(n_layers, 7)
    )
    return layered_terms_of(actions)


def test_every_number_of_spirit_has_a_bar_and_none_is_empty() -> None:
    bars = tornado(RUN, ENTRIES, SCOPES["chip"])
    assert {bar.entry.path for bar in bars} == {entry.path for entry in ENTRIES}
    assert unmoved(RUN, ENTRIES) == {}
    core = tornado(RUN, ENTRIES, SCOPES["core"])
    assert {bar.entry.name for bar in core} == CORE_PATHS
    for bar in (*bars, *core):
        assert bar.pj_low <= bar.pj <= bar.pj_high
        assert bar.swing > 0


def test_every_number_of_several_cores_has_a_bar() -> None:
    bars = tornado(deep_terms(), MANY, LAYERED_SCOPES["chip"])
    assert {bar.entry.path for bar in bars} == {entry.path for entry in MANY}


@pytest.mark.parametrize("scope", SCOPES)
def test_the_longest_bar_comes_first(scope: str) -> None:
    swings = [bar.swing for bar in tornado(RUN, ENTRIES, SCOPES[scope])]
    assert swings == sorted(swings, reverse=True)


def test_a_bar_by_hand() -> None:
    counts = dict.fromkeys(Actions.__dataclass_fields__, np.array([1, 3]))
    actions = Actions(**(counts | {"comparator_decisions": np.array([100, 300])}))
    bars = {bar.entry.name: bar for bar in tornado(terms_of(actions), ENTRIES, SCOPES["core"])}
    comparator, mean = bars["comparator"], mean_pj(terms_of(actions), VALUES, SCOPES["core"])
    assert comparator.pj == pytest.approx(mean, rel=1e-12)
    # 200 decisions an inference: 50 fJ taken for granted, 10 to 400 fJ allowed.
    assert comparator.pj_low == pytest.approx(mean - 200 * 0.040, rel=1e-12)
    assert comparator.pj_high == pytest.approx(mean + 200 * 0.350, rel=1e-12)
    # The other reading takes a tenth of everything.
    assert (bars["reading"].pj_low, bars["reading"].pj_high) == pytest.approx((mean / 10, mean), rel=1e-12)


VALUES = values_of(SPIRIT.energy, SPIRIT.link, n_out=10)


def test_a_number_that_no_part_uses_is_an_error() -> None:
    dead = replace(ENTRIES[1], path="energy.decoration")
    with pytest.raises(ParameterError, match=r"energy.decoration: no part of the ledger uses it"):
        tornado(RUN, (*ENTRIES, dead), SCOPES["chip"])


def test_a_fixed_number_and_one_that_was_not_used_have_no_bar_but_a_reason() -> None:
    terms = deep_terms(core_words=0)
    fixed: tuple[Entry, ...] = tuple(
        replace(entry, low=entry.value, high=entry.value) if entry.name == "comparator" else entry for entry in MANY
    )
    assert unmoved(terms, fixed) == {
        "energy.comparator": "fixed at 50 fJ",
        "energy.core_word": "not used by this run",
    }
    names = {bar.entry.name for bar in tornado(terms, fixed, LAYERED_SCOPES["chip"])}
    assert names == {entry.name for entry in fixed} - {"comparator", "core_word"}


def test_means_over_images_give_the_same_energy() -> None:
    assert mean_pj(averaged(RUN), VALUES, SCOPES["chip"]) == pytest.approx(
        mean_pj(RUN, VALUES, SCOPES["chip"]), rel=1e-12
    )
    assert all(term.counts.shape == (1, 1) for term in averaged(RUN))
    assert any(READING in term.factors for term in RUN)
