"""A wiring written out link by link is the layer it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spikecim.errors import ShapeError
from spikecim.layered import ConvolutionWiring, DenseWiring, SparseWiring, Wiring
from tests.engines.layered_strategies import convolutions, wirings


def through_links(wiring: Wiring, weights: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """What neurons receive if row r spikes `rows[r]` times."""
    links, received = wiring.links, np.zeros(wiring.n_out, np.int64)
    for row, times in enumerate(rows):
        for link in range(links.offsets[row], links.offsets[row + 1]):
            received[links.targets[link]] += times * weights[links.groups[link]]
    return received


def direct_convolution(
    wiring: ConvolutionWiring, kernel: NDArray[np.int64], image: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The textbook's loops: `kernel` (k_h, k_w, c_in / groups, c_out), `image` (height, width, c_in)."""
    padded = np.pad(image, (*wiring.padding, (0, 0)))
    height, width, c_out = wiring.out_shape
    out = np.zeros((height, width, c_out), np.int64)
    for y, x, c in np.ndindex(out.shape):
        first = c // (c_out // wiring.groups) * wiring.c_group
        top, left = y * wiring.stride[0], x * wiring.stride[1]
        window = padded[top : top + wiring.kernel[0], left : left + wiring.kernel[1], first : first + wiring.c_group]
        out[y, x, c] = (window * kernel[..., c]).sum()
    return out


@settings(max_examples=100, deadline=None)
@given(wiring=convolutions(), seed=st.integers(0, 2**32 - 1))
def test_links_of_a_convolution_give_the_direct_convolution(wiring: ConvolutionWiring, seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(-3, 4, wiring.in_shape)
    kernel = rng.integers(-9, 10, (*wiring.kernel, wiring.c_group, wiring.c_out))
    found = through_links(wiring, kernel.ravel(), image.ravel())
    np.testing.assert_array_equal(found.reshape(wiring.out_shape), direct_convolution(wiring, kernel, image))


def test_a_depthwise_convolution_of_an_image_that_is_not_square() -> None:
    wiring = ConvolutionWiring(
        in_shape=(2, 5, 3), kernel=(1, 3), c_out=3, stride=(1, 2), padding=((0, 0), (1, 0)), groups=3
    )
    assert wiring.out_shape == (2, 2, 3)
    assert (wiring.n_rows, wiring.n_out, wiring.n_groups) == (30, 12, 9)
    # Channel 2 of pixel (1, 1) is row (1 * 5 + 1) * 3 + 2 = 20: tap 2 of position (1, 0), tap 0 of position (1, 1).
    part = slice(wiring.links.offsets[20], wiring.links.offsets[21])
    assert wiring.links.targets[part].tolist() == [(1 * 2 + 0) * 3 + 2, (1 * 2 + 1) * 3 + 2]
    assert wiring.links.groups[part].tolist() == [2 * 3 + 2, 0 * 3 + 2]


@settings(max_examples=50, deadline=None)
@given(n_rows=st.integers(1, 7), n_out=st.integers(1, 7))
def test_links_of_a_dense_layer_are_a_matrix(n_rows: int, n_out: int) -> None:
    rng = np.random.default_rng(0)
    weights, rows = rng.integers(-9, 10, (n_rows, n_out)), rng.integers(-3, 4, n_rows)
    found = through_links(DenseWiring(n_rows=n_rows, n_out=n_out), weights.ravel(), rows)
    np.testing.assert_array_equal(found, rows @ weights)


def test_links_of_a_sparse_layer_have_cells_of_their_own() -> None:
    wiring = SparseWiring(offsets=np.array([0, 2, 2, 5]), targets=np.array([0, 3, 0, 1, 3], np.int32), n_out=4)
    assert (wiring.n_rows, wiring.n_groups) == (3, 5)
    found = through_links(wiring, np.array([1, 10, 100, 1000, 10000]), np.array([1, 7, 2]))
    assert found.tolist() == [201, 2000, 0, 20010]


@settings(max_examples=150, deadline=None)
@given(wiring=wirings())
def test_links_are_well_formed(wiring: Wiring) -> None:
    links = wiring.links
    assert len(links.offsets) == wiring.n_rows + 1
    assert links.offsets[0] == 0
    assert links.offsets[-1] == len(links.targets) == len(links.groups)
    for row in range(wiring.n_rows):
        targets = links.targets[links.offsets[row] : links.offsets[row + 1]]
        assert (np.diff(targets) > 0).all()
    if len(links.targets):
        assert 0 <= links.targets.min() <= links.targets.max() < wiring.n_out
        assert 0 <= links.groups.min() <= links.groups.max() < wiring.n_groups
    assert links.fan_out().sum() == len(links.targets)


@settings(max_examples=100, deadline=None)
@given(wiring=wirings(), seed=st.integers(0, 2**32 - 1))
def test_most_per_neuron_bounds_what_all_rows_together_bring(wiring: Wiring, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 100, wiring.n_groups)
    all_rows = through_links(wiring, values, np.ones(wiring.n_rows, np.int64))
    bound = wiring.most_per_neuron(values)
    assert (bound >= all_rows).all()
    # Only a convolution's bound may be loose, where the kernel stands beyond the border.
    assert isinstance(wiring, ConvolutionWiring) or (bound == all_rows).all()


def test_an_inner_position_reaches_the_bound_of_a_convolution() -> None:
    wiring = ConvolutionWiring(in_shape=(3, 3, 2), kernel=(3, 3), c_out=2, padding=((1, 1), (1, 1)))
    values = np.arange(wiring.n_groups)
    all_rows = through_links(wiring, values, np.ones(wiring.n_rows, np.int64))
    assert all_rows.reshape(3, 3, 2)[1, 1].tolist() == wiring.most_per_neuron(values)[:2].tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": 2}, "convolution: 3 and 4 channels in 2 groups"),
        ({"groups": 3}, "convolution: 3 and 4 channels in 3 groups"),
        ({"groups": 0}, "in 0 groups"),
        ({"kernel": (5, 2)}, r"a \(5, 2\) kernel does not fit \(4, 4, 3\)"),
        ({"kernel": (2, 7), "padding": ((0, 0), (1, 1))}, r"a \(2, 7\) kernel does not fit"),
    ],
)
def test_a_convolution_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    fields = {"in_shape": (4, 4, 3), "kernel": (2, 2), "c_out": 4, **changes}
    with pytest.raises(ShapeError, match=message):
        ConvolutionWiring(**fields)  # type: ignore[arg-type]


def test_sparse_wirings_are_checked() -> None:
    with pytest.raises(ShapeError, match="offsets must rise"):
        SparseWiring(offsets=np.array([0, 3]), targets=np.array([0, 1], np.int32), n_out=2)
    with pytest.raises(ShapeError, match=r"targets must lie in 0\.\.1"):
        SparseWiring(offsets=np.array([0, 1]), targets=np.array([2], np.int32), n_out=2)
