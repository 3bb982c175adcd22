"""Cutting matrices into arrays: every cell lies on one array, groups share the diagonal of one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.arrays.analog.tiling import block_diagonal, pack_groups, spans, tiles
from spikecim.errors import ShapeError

SIZE = st.integers(1, 40)


@settings(deadline=None, max_examples=50)
@given(n_in=SIZE, n_out=SIZE, rows=SIZE, columns=SIZE)
def test_every_cell_lies_on_one_array(n_in: int, n_out: int, rows: int, columns: int) -> None:
    seen = np.zeros((n_in, n_out), int)
    cut = tiles(n_in, n_out, rows, columns)
    for tile in cut:
        assert tile.shape == seen[tile.rows, tile.columns].shape
        assert max(tile.shape[0] - rows, tile.shape[1] - columns) <= 0
        seen[tile.rows, tile.columns] += 1
    assert (seen == 1).all()
    assert len(cut) == -(-n_in // rows) * -(-n_out // columns)


@settings(deadline=None, max_examples=50)
@given(n_groups=SIZE, n_in=SIZE, n_out=SIZE, rows=SIZE, columns=SIZE)
def test_packs_hold_every_group_once(n_groups: int, n_in: int, n_out: int, rows: int, columns: int) -> None:
    packs = pack_groups(n_groups, n_in, n_out, rows, columns)
    assert [group for pack in packs for group in range(n_groups)[pack]] == list(range(n_groups))
    for pack in packs:
        n = pack.stop - pack.start
        assert n == 1 or (n * n_in <= rows and n * n_out <= columns)


def test_a_depthwise_layer_fills_the_diagonal() -> None:
    packs = pack_groups(32, 9, 1, 128, 128)
    assert [pack.stop - pack.start for pack in packs] == [14, 14, 4]
    packed = block_diagonal(np.arange(18.0).reshape(2, 9, 1) + 1.0)
    assert packed.shape == (18, 2)
    assert np.array_equal(packed[:9, 0], np.arange(1.0, 10.0)) and not packed[:9, 1].any()
    assert np.array_equal(packed[9:, 1], np.arange(10.0, 19.0)) and not packed[9:, 0].any()


def test_blocks_keep_their_order() -> None:
    groups = np.random.default_rng(0).random((3, 2, 4))
    packed = block_diagonal(groups)
    for k, group in enumerate(groups):
        assert np.array_equal(packed[2 * k : 2 * k + 2, 4 * k : 4 * k + 4], group)
    assert np.isclose(packed.sum(), groups.sum())


def test_spans() -> None:
    assert spans(5, 2) == (slice(0, 2), slice(2, 4), slice(4, 5))


@pytest.mark.parametrize("call", [lambda: tiles(0, 3, 8, 8), lambda: pack_groups(0, 1, 1, 8, 8)])
def test_nothing_cannot_be_cut(call: object) -> None:
    with pytest.raises(ShapeError):
        call()  # type: ignore[operator]


def test_groups_need_three_axes() -> None:
    with pytest.raises(ShapeError, match="n_groups"):
        block_diagonal(np.zeros((2, 2)))
