"""A made pair of languages, to test translation without a corpus: a small grammar of agreement and another word order.

The source language says number by the article alone, tense by a word at the beginning, and has its verb in the middle.
The target language puts the verb at the end, inflects it for tense and for the number of its subject, inflects nouns
for number, articles for gender, adjectives for both, and sets adjectives behind their noun. Three verbs have two
meanings, told apart by the gender of the object. A relative clause may stand between a subject and its verb.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from spikecim.datasets.choices import check_choice
from spikecim.datasets.parallel_text import ParallelText, Sentence
from spikecim.errors import ParameterError
from spikecim.streams import name_key, stream

NAME = "made-language"
# Shares of all sentences, in twentieths; a sentence's own hash says where it belongs, so the splits cannot meet.
SPLITS = {"train": range(16), "validation": range(16, 18), "test": range(18, 20)}
N_NOUNS, N_ADJECTIVES, N_VERBS, N_PLACES = 30, 14, 14, 4
N_TWOFOLD = 3  # verbs of two meanings
# Article -> whether it is plural.
ARTICLES = {"the": False, "a": False, "all": True, "two": True, "some": True}
TENSES = ("past", "present", "future")
PHRASE_SHARE, CLAUSE_SHARE, ADJECTIVE_SHARE, DENIED_SHARE = 0.5, 0.25, 0.45, 0.2


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """Words of both languages: meaning -> source word, and meaning -> target stem."""

    source: dict[str, str]
    target: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Noun:
    """A noun phrase by its meanings."""

    article: str
    noun: int
    adjective: int | None

    @property
    def plural(self) -> bool:
        return ARTICLES[self.article]

    @property
    def gender(self) -> int:
        return self.noun % 2


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A statement; `clause` tells of the subject: (verb, object)."""

    tense: str
    subject: Noun
    verb: int
    object: Noun
    denied: bool
    place: tuple[int, Noun] | None
    clause: tuple[int, Noun] | None


def made_language(split: str, n_samples: int, seed: int = 0) -> ParallelText:
    """Draw `n_samples` different pairs of `split`; the same seed gives the same pairs.

    The languages are the same whatever the seed. No sentence of one split can come up in another, whatever the seeds.

    Raises
    ------
    ParameterError
        If the split is unknown, or `n_samples` is below 1 or above 1,000,000.
    """
    check_choice("split", split, SPLITS)
    if not 1 <= n_samples <= 1_000_000:
        raise ParameterError(f"{NAME}: n_samples {n_samples} must be 1 .. 1,000,000")
    draws = stream(seed, NAME, split)
    found: dict[Sentence, Sentence] = {}
    while len(found) < n_samples:
        clause = _draw(draws)
        source = in_source(clause)
        if belongs(source) == split:
            found.setdefault(source, in_target(clause))
    origin = f"generated, seed {seed}, {n_samples:,} {split} pairs"
    return ParallelText(name=NAME, source=tuple(found), target=tuple(found.values()), origin=origin)


def belongs(source: Sentence) -> str:
    """The split of a sentence of the source language."""
    twentieth = name_key(0, *source) % 20
    return next(split for split, part in SPLITS.items() if twentieth in part)


@cache
def lexicon() -> Lexicon:
    """The words, made of syllables; always the same."""
    meanings = [
        *ARTICLES,
        *TENSES,
        *("not", "that"),
        *(f"place{k}" for k in range(N_PLACES)),
        *(f"noun{k}" for k in range(N_NOUNS)),
        *(f"adjective{k}" for k in range(N_ADJECTIVES)),
        *(f"verb{k}" for k in range(N_VERBS)),
    ]
    twofold = [f"verb{k}b" for k in range(N_TWOFOLD)]
    return Lexicon(
        source=_words(meanings, "ptkmnslr", "aiu", "source"),
        target=_words(meanings + twofold, "bdgvzjwh", "eoy", "target"),
    )


def in_source(said: Clause) -> Sentence:
    """tense, subject [that verb object], [not] verb, object [place noun]."""
    words = lexicon().source
    parts = [said.tense, *_plain(said.subject)]
    if said.clause is not None:
        verb, noun = said.clause
        parts += ["that", f"verb{verb}", *_plain(noun)]
    parts += [*(["not"] if said.denied else []), f"verb{said.verb}", *_plain(said.object)]
    if said.place is not None:
        parts += [f"place{said.place[0]}", *_plain(said.place[1])]
    return tuple(words[part] for part in parts)


def in_target(said: Clause) -> Sentence:
    """subject [that object verb], [noun place], object, verb [not]; everything inflected."""
    words = lexicon().target
    parts = _inflected(said.subject)
    if said.clause is not None:
        parts += [words["that"], *_inflected(said.clause[1]), _verb(*said.clause, said)]
    if said.place is not None:
        parts += [*_inflected(said.place[1]), words[f"place{said.place[0]}"]]
    parts += [*_inflected(said.object), _verb(said.verb, said.object, said)]
    return (*parts, words["not"]) if said.denied else tuple(parts)


def _plain(noun: Noun) -> list[str]:
    described = [] if noun.adjective is None else [f"adjective{noun.adjective}"]
    return [noun.article, *described, f"noun{noun.noun}"]


def _inflected(noun: Noun) -> list[str]:
    words = lexicon().target
    number = "ke" if noun.plural else ""
    gender = ("sto", "to")[noun.gender]
    described = [] if noun.adjective is None else [words[f"adjective{noun.adjective}"] + gender + number]
    return [words[noun.article] + gender, words[f"noun{noun.noun}"] + number, *described]


def _verb(verb: int, object_: Noun, said: Clause) -> str:
    """The verb of an object, in the tense of the statement and the number of its subject."""
    meaning = f"verb{verb}b" if verb < N_TWOFOLD and object_.gender else f"verb{verb}"
    tense = ("lo", "", "my")[TENSES.index(said.tense)]
    return lexicon().target[meaning] + tense + ("ke" if said.subject.plural else "")


def _draw(draws: np.random.Generator) -> Clause:
    place = (int(draws.integers(N_PLACES)), _noun(draws)) if draws.random() < PHRASE_SHARE else None
    clause = (int(draws.integers(N_VERBS)), _noun(draws)) if draws.random() < CLAUSE_SHARE else None
    return Clause(
        tense=TENSES[draws.integers(len(TENSES))],
        subject=_noun(draws),
        verb=int(draws.integers(N_VERBS)),
        object=_noun(draws),
        denied=bool(draws.random() < DENIED_SHARE),
        place=place,
        clause=clause,
    )


def _noun(draws: np.random.Generator) -> Noun:
    described = int(draws.integers(N_ADJECTIVES)) if draws.random() < ADJECTIVE_SHARE else None
    article = tuple(ARTICLES)[draws.integers(len(ARTICLES))]
    return Noun(article=article, noun=int(draws.integers(N_NOUNS)), adjective=described)


def _words(meanings: list[str], consonants: str, vowels: str, language: str) -> dict[str, str]:
    """A word of two syllables for each meaning, no two alike."""
    syllables = [c + v for c in consonants for v in vowels]
    order = stream(0, NAME, language).permutation(len(syllables) ** 2)[: len(meanings)]
    pairs = (divmod(int(place), len(syllables)) for place in order)
    return {meaning: syllables[a] + syllables[b] for meaning, (a, b) in zip(meanings, pairs, strict=True)}
