"""The made languages: the same seed the same pairs, splits that cannot meet, and a grammar that needs its context."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spikecim.datasets.made_language import (
    N_TWOFOLD,
    SPLITS,
    Clause,
    Noun,
    belongs,
    in_source,
    in_target,
    lexicon,
    made_language,
)
from spikecim.errors import ParameterError

CAT = Noun(article="the", noun=4, adjective=None)
SAID = Clause(
    tense="past",
    subject=CAT,
    verb=7,
    object=Noun(article="two", noun=3, adjective=2),
    denied=True,
    place=(1, Noun(article="a", noun=5, adjective=None)),
    clause=(8, Noun(article="all", noun=6, adjective=None)),
)


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others() -> None:
    first, again, other = (made_language("train", 200, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.source != other.source
    assert made_language("train", 50, 1).source == first.source[:50]
    assert first.n_samples == len(set(first.source)) == 200


def test_no_sentence_of_one_split_comes_up_in_another_whatever_the_seed() -> None:
    drawn = {split: set(made_language(split, 300, seed).source) for seed, split in enumerate(SPLITS)}
    for split, sentences in drawn.items():
        assert {belongs(sentence) for sentence in sentences} == {split}


def test_a_sentence_by_hand() -> None:
    source, target = lexicon().source, lexicon().target
    told = ("past", "the", "noun4", "that", "verb8", "all", "noun6", "not", "verb7", "two", "adjective2", "noun3")
    assert in_source(SAID) == tuple(source[word] for word in (*told, "place1", "a", "noun5"))
    assert in_target(SAID) == (
        *(target["the"] + "sto", target["noun4"], target["that"]),
        *(target["all"] + "sto", target["noun6"] + "ke", target["verb8"] + "lo"),
        *(target["a"] + "to", target["noun5"], target["place1"]),
        *(target["two"] + "to", target["noun3"] + "ke", target["adjective2"] + "toke", target["verb7"] + "lo"),
        target["not"],
    )


def test_the_context_decides_number_tense_and_meaning() -> None:
    plural = replace(SAID, subject=replace(CAT, article="some"))
    verbs = [in_target(said)[-2] for said in (SAID, plural, replace(SAID, tense="future"))]
    assert len(set(verbs)) == 3
    twofold = replace(SAID, verb=N_TWOFOLD - 1)
    other = replace(twofold, object=replace(SAID.object, noun=2))
    words = {in_target(said)[-2] for said in (twofold, other)}
    assert len(words) == 2  # one word of the source, two of the target
    assert in_source(twofold)[8] == in_source(other)[8]
    assert len({in_target(replace(SAID, object=replace(SAID.object, noun=k)))[-2] for k in (2, 3)}) == 1


def test_bad_calls_are_told() -> None:
    with pytest.raises(ParameterError, match="split"):
        made_language("trian", 5)
    with pytest.raises(ParameterError, match=r"n_samples 0 must be 1 \.\. 1,000,000"):
        made_language("train", 0)
