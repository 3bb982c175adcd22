"""Parallel text: pairs of sentences, from two aligned files or one table of two columns, and words as numbers.

The formats are the plain ones of translation corpora (Europarl, WMT): a sentence a line, UTF-8, words apart by blanks.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import DataError, DataNotFoundError, ParameterError

Sentence = tuple[str, ...]
PAD, BEGIN, END, UNKNOWN = range(4)
MARKS = ("<pad>", "<begin>", "<end>", "<unknown>")
MOST_BYTES = 400_000_000  # of one file, unpacked


@dataclass(frozen=True, kw_only=True)
class ParallelText:
    """Aligned sentences.

    Attributes
    ----------
    name : str
    source, target : tuple of tuple of str
        As many sentences in both, none empty.
    origin : str
        Where from, in words.
    left_out : int
        Pairs in the files with a sentence longer than was allowed.
    """

    name: str
    source: tuple[Sentence, ...]
    target: tuple[Sentence, ...]
    origin: str
    left_out: int = 0

    @property
    def n_samples(self) -> int:
        return len(self.source)


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Words by number; the first four numbers are marks: padding, begin, end, unknown word.

    Attributes
    ----------
    words : tuple of str
        Without the marks; word k has number k + 4.
    counts : tuple of int
        How often each was seen.
    """

    words: tuple[str, ...]
    counts: tuple[int, ...]
    _numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.words) != len(self.counts) or len(set(self.words)) != len(self.words):
            raise ParameterError("vocabulary: needs one count for each word, and no word twice")
        object.__setattr__(self, "_numbers", {word: number + len(MARKS) for number, word in enumerate(self.words)})

    def __len__(self) -> int:
        return len(self.words) + len(MARKS)

    def encode(self, sentences: Sequence[Sentence], length: int | None = None) -> NDArray[np.int64]:
        """Numbers (n_samples, length) of sentences with begin and end marks, padded to `length` (default: as needed).

        Raises
        ------
        DataError
            If a sentence does not fit `length`.
        """
        longest = max((len(sentence) for sentence in sentences), default=0) + 2
        if length is not None and longest > length:
            raise DataError(f"a sentence of {longest - 2} words does not fit {length - 2}; shorten it or leave it out")
        rows = np.full((len(sentences), length or longest), PAD, np.int64)
        for row, sentence in zip(rows, sentences, strict=True):
            numbers = [BEGIN, *(self._numbers.get(word, UNKNOWN) for word in sentence), END]
            row[: len(numbers)] = numbers
        return rows

    def decode(self, numbers: Iterable[int]) -> Sentence:
        """Words of one row of numbers, up to its end mark; marks inside are written out."""
        found: list[str] = []
        for number in numbers:
            if number == END:
                break
            if number not in (PAD, BEGIN):
                found.append(MARKS[number] if number < len(MARKS) else self.words[number - len(MARKS)])
        return tuple(found)


def vocabulary(sentences: Iterable[Sentence], most: int = 50_000, least_count: int = 1) -> Vocabulary:
    """The `most` frequent words seen at least `least_count` times, by falling count, equal ones by letters.

    Raises
    ------
    ParameterError
        If `most` or `least_count` is below 1.
    """
    if most < 1 or least_count < 1:
        raise ParameterError(f"vocabulary: most {most} and least_count {least_count} must be at least 1")
    seen = Counter(word for sentence in sentences for word in sentence)
    order = sorted(((word, count) for word, count in seen.items() if count >= least_count), key=lambda w: (-w[1], w[0]))
    kept = order[:most]
    return Vocabulary(words=tuple(word for word, _ in kept), counts=tuple(count for _, count in kept))


def read_parallel(
    source: Path, target: Path | None = None, *, most_words: int = 60, limit: int | None = None
) -> ParallelText:
    """Read two aligned files, or one file whose lines are `source TAB target`; .gz is unpacked.

    Parameters
    ----------
    source : Path
    target : Path or None
        None: `source` holds both, apart by one tab.
    most_words : int
        Pairs with a longer sentence are left out and counted.
    limit : int or None
        Stop after this many pairs.

    Raises
    ------
    DataNotFoundError
        If a file is not there.
    DataError
        If a file is empty, too large, cut off, not UTF-8, has an empty sentence, or its lines do not pair up.
    ParameterError
        If `most_words` or `limit` is below 1.
    """
    for what, value in (("most_words", most_words), ("limit", limit)):
        if value is not None and value < 1:
            raise ParameterError(f"{what} {value}: must be at least 1")
    pairs = _two_columns(source) if target is None else _two_files(source, target)
    where = str(source.name) if target is None else f"{source.name} and {target.name}"
    kept: list[tuple[Sentence, Sentence]] = []
    left_out = 0
    for number, (first, second) in enumerate(pairs, start=1):
        words = tuple(first.split()), tuple(second.split())
        if not all(words):
            raise DataError(f"{where}, line {number}: one sentence of the pair is empty; fill it or take out both")
        if max(map(len, words)) > most_words:
            left_out += 1
            continue
        kept.append(words)
        if limit is not None and len(kept) == limit:
            break
    if not kept:
        raise DataError(f"{where}: no pair of sentences of at most {most_words} words each")
    sources, targets = zip(*kept, strict=True)
    return ParallelText(name=source.name.split(".")[0], source=sources, target=targets, origin=where, left_out=left_out)


def _two_files(source: Path, target: Path) -> Iterable[tuple[str, str]]:
    first, second = _lines(source), _lines(target)
    for number, (left, right) in enumerate(zip_longest(first, second), start=1):
        if left is None or right is None:
            short, long = (source, target) if left is None else (target, source)
            raise DataError(
                f"{short.name} ends after {number - 1:,} lines, {long.name} goes on ({len(first):,} and "
                f"{len(second):,} lines); aligned files have one sentence a line and as many lines each"
            )
        yield left, right


def _two_columns(path: Path) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(_lines(path), start=1):
        columns = line.split("\t")
        if len(columns) != 2:
            raise DataError(f"{path.name}, line {number}: expected two columns apart by one tab, got {len(columns)}")
        yield columns[0], columns[1]


def _lines(path: Path) -> list[str]:
    """Lines of a text file, without their ends."""
    data = _bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}, line {line}: is not UTF-8 (byte {error.start:,} of {len(data):,}); convert the file"
        ) from None
    if "\0" in text:
        raise DataError(f"{path.name}: holds zero bytes, so it is not text in UTF-8; convert the file")
    if not text.strip():
        raise DataError(f"{path.name}: is empty; expected one sentence a line")
    # Not splitlines(): it also splits at signs that may stand inside a sentence.
    return text.removesuffix("\n").replace("\r\n", "\n").split("\n")


def _bytes(path: Path) -> bytes:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            data: bytes = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataNotFoundError(f"{path}: no such file; give the path of a text file in UTF-8") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(f"{path.name}: is cut off or not a .gz file; fetch it again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > MOST_BYTES:
        raise DataError(f"{path.name}: holds more than {MOST_BYTES:,} bytes; cut it into parts")
    return data
