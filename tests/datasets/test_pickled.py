"""A pickled batch is read as data: old and new ones alike, and one that wants to run something is refused by name."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.datasets.pickled import read_batch
from tests.datasets.batches import batch, old_pickle

ROWS = batch(5, 3)
OLD = old_pickle(ROWS)


def dumped(fields: object, protocol: int = 2) -> bytes:
    return pickle.dumps(fields, protocol)


class Runs:
    def __reduce__(self) -> object:
        return os.system, ("echo run",)


class Evaluates:
    def __reduce__(self) -> object:
        return eval, ("1 + 1",)


def test_as_python_2_wrote_it() -> None:
    # The test's own writer first: Python reads what it wrote as the batch it stands for.
    truth = pickle.loads(OLD, encoding="latin1")
    np.testing.assert_array_equal(truth["data"], ROWS[0])
    pixels, labels = read_batch(OLD)
    np.testing.assert_array_equal(pixels, ROWS[0])
    assert labels == ROWS[1]
    assert read_batch(old_pickle(ROWS, name="numpy._core.multiarray\n_reconstruct"))[1] == ROWS[1]


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("binary_keys", [False, True])
def test_as_python_3_writes_it(protocol: int, binary_keys: bool) -> None:
    fields = {"batch_label": "test", "data": ROWS[0], "labels": ROWS[1], "filenames": ["a.png"] * 5}
    written = {key.encode() if binary_keys else key: value for key, value in fields.items()}
    pixels, labels = read_batch(dumped(written, protocol))
    np.testing.assert_array_equal(pixels, ROWS[0])
    assert labels == ROWS[1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (dumped(Runs()), ".system'; only a numpy array is read from it"),
        (dumped({"data": Evaluates(), "labels": []}), "asks for '__builtin__.eval'"),
        (dumped(Evaluates(), 4), "asks for 'builtins.eval'"),
        (b"\x80\x02cnumpy\nload\nU\x01a\x85R.", "asks for 'numpy.load'"),
        (b"\x80\x02cnumpy\ndtype\nU\x01O\x85R.", "calls something other than what makes a uint8 array"),
        (b"\x80\x02U\x01aU\x01b\x85R.", "calls something other"),
        (b"\x80\x02}}b.", "sets the state of something other"),
        (b"(S'echo'\nios\nsystem\n.", "opcode"),
        (b"\x80\x02P12\n.", "opcode"),
        (dumped({"data": 1.5, "labels": []}), "opcode BINFLOAT"),
        (dumped({"data": np.zeros((2, 3072)), "labels": [0, 0]}), "uint8"),
        (dumped({"data": np.zeros((2, 3072), np.uint8, order="F"), "labels": [0, 0]}), "C order"),
        (dumped({"data": ROWS[0]}), "without an array 'data' and a list 'labels'"),
        (dumped({"data": ROWS[0], "labels": ["1"] * 5}), "labels are not all whole numbers"),
        (dumped([1, 2]), "without a dict"),
        (OLD[:-1], ""),
        (OLD[:2000], ""),
        (b"", ""),
        (b"<html>404</html>", ""),
        (b"\x80\x02.", "make no sense"),
        (b"\x80\x02h\x07.", "make no sense"),
        (b"\x80\x02}t.", "make no sense"),
    ],
)
def test_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_batch(data)
    assert words in str(caught.value)


def test_nested_keys_take_no_time() -> None:
    # A tuple of 60 levels, each twice the one below: to hash it as a key would take 2^60 steps.
    nested = b"U\x01a" + b"".join(b"q" + bytes([level]) + b"h" + bytes([level]) + b"\x86" for level in range(60))
    with pytest.raises(ValueError, match="other than a text"):
        read_batch(b"\x80\x02}" + nested + b"K\x01s.")


@given(place=st.integers(0, 400), value=st.integers(0, 255), cut=st.none() | st.integers(0, 500))
def test_damage_gives_a_value_error_or_a_batch(place: int, value: int, cut: int | None) -> None:
    damaged = (OLD[:place] + bytes([value]) + OLD[place + 1 :])[:cut]
    try:
        pixels, labels = read_batch(damaged)
    except ValueError:
        return
    assert pixels.dtype == np.uint8
    assert all(type(label) is int for label in labels)


def test_nothing_is_imported() -> None:
    code = "import sys; from spikecim.datasets.pickled import read_batch\ntry: read_batch(b'cantigravity\\nfly\\n.')"
    code += "\nexcept ValueError: print('antigravity' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
