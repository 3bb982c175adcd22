"""Draws over the ranges: their shape, their independence, and what stays true when held to published figures."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, triang

from spikecim.chips import load_chip
from spikecim.energy.actions import Actions
from spikecim.energy.entries import Entry, entries_of
from spikecim.energy.ledger import CORE_PARTS, SCOPES, account
from spikecim.energy.sensitivity import averaged
from spikecim.energy.terms import READING, mean_pj, terms_of, values_of
from spikecim.energy.uncertainty import (
    FIGURES,
    Anchor,
    anchored,
    anchors_of,
    draw_entries,
    spread,
    triangular,
)
from spikecim.errors import ParameterError
from spikecim.experiments.published import PUBLISHED
from spikecim.results.population import interval

SPIRIT = load_chip("spirit")
ENTRIES = entries_of(SPIRIT.energy, SPIRIT.link, n_out=10)
VALUES = values_of(SPIRIT.energy, SPIRIT.link, n_out=10)
# About the published image: 136 input spikes, and words out such that the chip file's table gives 3.6 and 180 pJ.
ACTIONS = Actions(
    input_words=np.array([136]),
    cell_reads=np.array([10_880]),
    cell_electrons=np.array([2_500_000_000]),
    synaptic_events=np.array([1360]),
    injector_pulses=np.array([2720]),
    comparator_decisions=np.array([2720]),
    reset_packets=np.array([329]),
    output_words=np.array([329]),
    ticks=np.array([900]),
)
TERMS = terms_of(ACTIONS)
N = 4000


def entry(name: str) -> Entry:
    return next(one for one in ENTRIES if one.name == name)


def test_the_published_figures_are_those_of_the_reproduction() -> None:
    for figure in FIGURES:
        row = PUBLISHED[figure.row]
        assert (row.value, row.half_unit, row.unit) == (figure.pj, figure.half_unit, "pJ")


# Oracle: SciPy's triangular distribution.
@given(
    ends=st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3, unique=True).map(sorted),
    u=st.floats(0.001, 0.999),
)
def test_quantiles_of_the_triangle(ends: list[float], u: float) -> None:
    low, top, high = ends
    found = triangular(0.0, top, high, np.array([u]))[0]
    assert found == pytest.approx(triang.ppf(u, top / high, 0.0, high), rel=1e-9)
    x, y, z = map(math.log, ends)
    logged = triang.ppf(u, (y - x) / (z - x), x, z - x)
    assert triangular(low, top, high, np.array([u]))[0] == pytest.approx(math.exp(logged), rel=1e-6)


@given(ends=st.lists(st.floats(0.0, 1e3), min_size=3, max_size=3).map(sorted), seed=st.integers(0, 99))
def test_no_draw_leaves_its_range(ends: list[float], seed: int) -> None:
    low, top, high = ends
    found = triangular(low, top, high, np.random.default_rng(seed).random(100))
    assert (found >= low).all()
    assert (found <= high).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31))
def test_draws_are_named_by_seed_and_path(seed: int) -> None:
    all_, one = draw_entries(ENTRIES, 50, seed), draw_entries((entry("comparator"),), 20, seed)
    np.testing.assert_array_equal(all_["energy.comparator"][:20], one["energy.comparator"])
    assert set(all_) == {one.path for one in ENTRIES}
    assert not np.array_equal(all_["energy.comparator"], draw_entries(ENTRIES, 50, seed + 1)["energy.comparator"])


def test_draws_stay_in_range_bits_stay_whole_and_the_reading_stands() -> None:
    draws = draw_entries(ENTRIES, N, 1)
    for one in ENTRIES:
        assert ((draws[one.path] >= one.low) & (draws[one.path] <= one.high)).all(), one.path
    for name in ("link.input_bits", "link.output_bits"):
        assert (draws[name] == np.rint(draws[name])).all()
        assert len(set(draws[name])) > 5
    assert (draws[READING] == 1.0).all()
    other = entries_of(SPIRIT.energy, SPIRIT.link, n_out=10, reading="per-input-spike")
    assert (draw_entries(other, 5, 1)[READING] == 0.1).all()
    fixed = replace(entry("comparator"), low=50e-15, high=50e-15)
    assert (draw_entries((fixed,), 5, 1)["energy.comparator"] == fixed.value).all()


# Below its value lies the share (ln value - ln low) / (ln high - ln low) of a log-triangle; 1e-6 to be off by chance.
@pytest.mark.parametrize("name", ["comparator", "reset_packet", "logic_input", "link_bit", "static_power"])
def test_the_share_of_draws_below_the_value(name: str) -> None:
    one = entry(name)
    share = math.log(one.value / one.low) / math.log(one.high / one.low)
    below = int((draw_entries(ENTRIES, N, 2)[one.path] < one.value).sum())
    assert binom.ppf(5e-7, N, share) <= below <= binom.ppf(1 - 5e-7, N, share)


def test_the_spread_at_the_values_is_the_ledger() -> None:
    ledger = account(ACTIONS, SPIRIT.energy, tick_s=SPIRIT.tick_s, bits=SPIRIT.word_bits, n_out=10)
    draws = {path: np.full(3, value) for path, value in VALUES.items()}
    for scope, parts in SCOPES.items():
        np.testing.assert_allclose(spread(TERMS, draws, parts), ledger.total_pj(scope), rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99))
def test_every_draw_of_the_spread_is_a_ledger_of_its_own(seed: int) -> None:
    draws = draw_entries(ENTRIES, 3, seed)
    for scope, parts in SCOPES.items():
        by_hand = [mean_pj(TERMS, {path: drawn[k] for path, drawn in draws.items()}, parts) for k in range(3)]
        np.testing.assert_allclose(spread(TERMS, draws, parts), by_hand, rtol=1e-12, err_msg=scope)


def anchors() -> tuple[Anchor, ...]:
    return anchors_of(ENTRIES, averaged(TERMS), 1360.0, SCOPES)


def test_anchors_are_the_calibrated_entries_the_core_first() -> None:
    assert [one.entry.path for one in anchors()] == ["energy.clamp_injector", "energy.link_bit"]
    assert {term.part for term in anchors()[0].terms} == set(CORE_PARTS)
    assert anchors_of([replace(one, fitted_to=None) for one in ENTRIES], TERMS, 1.0, SCOPES) == ()
    with pytest.raises(ParameterError, match="a run without a synaptic event cannot stand for"):
        anchors_of(ENTRIES, TERMS, 0.0, SCOPES)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_anchored_draws_keep_the_published_figures(seed: int) -> None:
    free = draw_entries(ENTRIES, N, seed)
    held = anchored(free, anchors(), seed)
    for figure in FIGURES:
        per_event = spread(TERMS, held.draws, SCOPES[figure.scope]) / 1360
        assert (abs(per_event - figure.pj) <= figure.half_unit * (1 + 1e-9)).all()
        # Not all at one spot: the figure is known to half a unit only.
        assert np.ptp(per_event) > figure.half_unit
    assert 0.3 < held.kept.mean() <= 1.0
    solved = {one.entry.path for one in anchors()}
    for path, drawn in held.draws.items():
        assert len(drawn) == held.kept.sum()
        if path not in solved:
            np.testing.assert_array_equal(drawn, free[path][held.kept])
    for one in anchors():
        assert (held.draws[one.entry.path] >= one.entry.low).all()


def test_anchored_draws_do_not_depend_on_the_reading() -> None:
    other = entries_of(SPIRIT.energy, SPIRIT.link, n_out=10, reading="per-input-spike")
    one, two = (anchored(draw_entries(entries, N, 7), anchors(), 7) for entries in (ENTRIES, other))
    np.testing.assert_array_equal(one.draws["energy.link_bit"], two.draws["energy.link_bit"])
    np.testing.assert_allclose(spread(TERMS, two.draws, SCOPES["chip"]) * 10, spread(TERMS, one.draws, SCOPES["chip"]))


def test_what_is_known_makes_the_interval_narrow() -> None:
    free = draw_entries(ENTRIES, N, 3)
    held = anchored(free, anchors(), 3)
    wide, narrow = (interval(spread(TERMS, draws, SCOPES["chip"])) for draws in (free, held.draws))
    assert narrow[0] < 180 * 1360 < narrow[2]
    assert narrow[2] - narrow[0] < 0.02 * (wide[2] - wide[0])
    # A run that stops earlier, with fewer words out for each word in: now the unknown split between entries shows.
    less = terms_of(replace(ACTIONS, output_words=ACTIONS.output_words // 4))
    low, middle, high = interval(spread(less, held.draws, SCOPES["chip"]))
    assert (high - low) / middle > 0.05


def test_ranges_that_contradict_the_figures_are_refused() -> None:
    heavy = [replace(one, low=1e-11, value=1e-11, high=2e-11) if one.name == "comparator" else one for one in ENTRIES]
    with pytest.raises(
        ParameterError, match=r"under 1% of the draws agree with the published figures; .*clamp_injector"
    ):
        anchored(draw_entries(heavy, N, 0), anchors_of(heavy, TERMS, 1360.0, SCOPES), 0)
