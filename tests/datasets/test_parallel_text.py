"""Parallel text: two files or two columns, words as numbers, and one clear line for each damaged file."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from spikecim.datasets.parallel_text import BEGIN, END, PAD, UNKNOWN, Vocabulary, read_parallel, vocabulary
from spikecim.errors import DataError, DataNotFoundError, ParameterError

ENGLISH = "the cat sleeps\na dog runs home\n"
FRENCH = "le chat dort\nun chien court à la maison\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "some.en", tmp_path / "some.fr"
    for path, text in zip(paths, (ENGLISH, FRENCH), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_two_files_and_two_columns_hold_the_same_pairs(files: tuple[Path, Path], tmp_path: Path) -> None:
    table = tmp_path / "some.tsv"
    # Windows line ends, a byte order mark, no end of the last line.
    pairs = zip(ENGLISH.splitlines(), FRENCH.splitlines(), strict=True)
    table.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(map("\t".join, pairs)).encode())
    packed = tmp_path / "some.en.gz"
    packed.write_bytes(gzip.compress(ENGLISH.encode()))
    texts = read_parallel(*files), read_parallel(table), read_parallel(packed, files[1])
    for text in texts:
        assert text.source == (("the", "cat", "sleeps"), ("a", "dog", "runs", "home"))
        assert text.target[1] == ("un", "chien", "court", "à", "la", "maison")
        assert (text.n_samples, text.left_out, text.name) == (2, 0, "some")


def test_long_sentences_are_left_out_and_counted_and_a_limit_is_kept(files: tuple[Path, Path]) -> None:
    text = read_parallel(*files, most_words=3)
    assert (text.n_samples, text.left_out) == (1, 1)
    assert read_parallel(*files, limit=1).source == text.source
    with pytest.raises(DataError, match="no pair of sentences of at most 2 words"):
        read_parallel(*files, most_words=2)
    for bad in ({"most_words": 0}, {"limit": 0}):
        with pytest.raises(ParameterError, match="must be at least 1"):
            read_parallel(*files, **bad)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", r"some\.fr: is empty"),
        (b"\n \n", r"some\.fr: is empty"),
        (b"le chat dort\n", r"some\.fr ends after 1 lines, some\.en goes on \(2 and 1 lines\)"),
        (FRENCH.encode() + b"une ligne de trop\n", r"some\.en ends after 2 lines, some\.fr goes on"),
        (b"le chat dort\n\n", r"some\.en and some\.fr, line 2: one sentence of the pair is empty"),
        (FRENCH.encode("latin-1"), r"some\.fr, line 2: is not UTF-8 \(byte 28"),
        (FRENCH.encode().split(b"\xa0")[0], r"some\.fr, line 2: is not UTF-8"),  # cut inside the two bytes of à
        (FRENCH.encode("utf-16"), r"some\.fr, line 1: is not UTF-8"),
        (b"le chat\0\nun chien\n", r"some\.fr: holds zero bytes"),
    ],
)
def test_a_damaged_file_is_told_in_one_line(files: tuple[Path, Path], content: bytes, told: str) -> None:
    files[1].write_bytes(content)
    with pytest.raises(DataError, match=told) as caught:
        read_parallel(*files)
    assert "\n" not in str(caught.value)


def test_missing_cut_off_and_wrong_columns(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"nothing\.en: no such file"):
        read_parallel(tmp_path / "nothing.en", tmp_path / "nothing.fr")
    for content in (gzip.compress(ENGLISH.encode())[:-9], b"no gzip"):
        (tmp_path / "cut.tsv.gz").write_bytes(content)
        with pytest.raises(DataError, match=r"cut\.tsv\.gz: is cut off or not a \.gz file"):
            read_parallel(tmp_path / "cut.tsv.gz")
    (tmp_path / "three.tsv").write_text("a\tb\nc\td\te\n")
    with pytest.raises(DataError, match=r"three\.tsv, line 2: expected two columns apart by one tab, got 3"):
        read_parallel(tmp_path / "three.tsv")
    with pytest.raises(DataError, match="cannot be read"):
        read_parallel(tmp_path)


def test_words_are_numbered_by_count_and_unknown_ones_marked() -> None:
    words = vocabulary([("b", "a", "b"), ("c", "b", "a")], most=2)
    assert (words.words, words.counts, len(words)) == (("b", "a"), (3, 2), 6)
    rows = words.encode([("a", "c", "b"), ("b",)])
    np.testing.assert_array_equal(rows, [[BEGIN, 5, UNKNOWN, 4, END], [BEGIN, 4, END, PAD, PAD]])
    assert [words.decode(row) for row in rows] == [("a", "<unknown>", "b"), ("b",)]
    assert words.encode([("b",)], length=6).shape == (1, 6)
    assert vocabulary([("b", "a", "b")], least_count=2).words == ("b",)


def test_bad_vocabularies_and_rows_are_refused() -> None:
    words = vocabulary([("a", "b")])
    with pytest.raises(DataError, match="a sentence of 2 words does not fit 1"):
        words.encode([("a", "b")], length=3)
    with pytest.raises(ParameterError, match="at least 1"):
        vocabulary([], most=0)
    with pytest.raises(ParameterError, match="no word twice"):
        Vocabulary(words=("a", "a"), counts=(1, 1))
