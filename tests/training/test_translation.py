"""The Transformer: shapes, no look at the future, a mask that hides padding, learning, greedy translation, its file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.datasets.made_language import made_language
from spikecim.datasets.parallel_text import BEGIN, END, PAD
from spikecim.errors import DataError, ParameterError, ResultFileError, ShapeError

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from spikecim.training.deep.transformer import Sizes, Transformer, translate  # noqa: E402
from spikecim.training.deep.translation import (  # noqa: E402
    Translator,
    batches,
    made_texts,
    sentence_accuracy,
    word_accuracy,
    word_loss,
)
from spikecim.training.deep.translation_files import load_translator, ready_translator, save_translator  # noqa: E402
from spikecim.training.deep.translation_training import Recipe, train_translation  # noqa: E402

SIZES = Sizes(n_source=11, n_target=13, width=8, heads=2, inner=12, layers=2, longest=9)
TINY = Recipe(width=16, heads=2, inner=16, layers=1, epochs=4, batch=20, peak=1e-2)
TEXTS = made_texts(n_train=400, n_validation=20, n_test=20, seed=3)


@pytest.fixture(scope="module")
def module() -> Transformer:
    torch.manual_seed(0)
    return Transformer(SIZES).eval()


@pytest.fixture(scope="module")
def translator() -> Translator:
    return train_translation(TEXTS, TINY, seed=1)


def numbers(n_words: int, length: int, seed: int = 0) -> torch.Tensor:
    draws = np.random.default_rng(seed).integers(4, n_words, (3, length))
    return torch.from_numpy(draws)


def test_scores_have_a_place_for_every_word(module: Transformer) -> None:
    scores = module(numbers(11, 7), numbers(13, 5))
    assert scores.shape == (3, 5, 13)
    assert torch.isfinite(scores).all()


def test_the_future_does_not_leak(module: Transformer) -> None:
    source, target = numbers(11, 7), numbers(13, 6)
    scores = module(source, target)
    for place in range(1, 6):
        changed = target.clone()
        changed[:, place:] = numbers(13, 6, seed=place)[:, place:]
        found = module(source, changed)
        torch.testing.assert_close(found[:, :place], scores[:, :place])
        assert not torch.allclose(found[:, place:], scores[:, place:])
        # The same alone: greedy translation sees what training saw.
        torch.testing.assert_close(module(source, target[:, :place]), scores[:, :place])


def test_the_whole_source_counts_but_its_padding_does_not(module: Transformer) -> None:
    source, target = numbers(11, 6), numbers(13, 4)
    padded = torch.nn.functional.pad(source, (0, 3), value=PAD)
    torch.testing.assert_close(module(padded, target), module(source, target))
    changed = source.clone()
    changed[:, -1] = (changed[:, -1] - 3) % 7 + 4
    assert not torch.allclose(module(changed, target)[:, 0], module(source, target)[:, 0])


def test_sizes_and_rows_that_do_not_fit_are_refused(module: Transformer) -> None:
    with pytest.raises(ParameterError, match="multiple of heads 3"):
        replace(SIZES, heads=3)
    with pytest.raises(ParameterError, match="layers 0 must be at least 1"):
        replace(SIZES, layers=0)
    with pytest.raises(ShapeError, match="at most 9"):
        module(numbers(11, 10), numbers(13, 3))


def test_an_epoch_shows_every_pair_once_and_the_next_word_is_the_target() -> None:
    pairs = numbers(11, 5).repeat(4, 1), numbers(13, 5).repeat(4, 1)
    pairs[1][:, 0] = torch.arange(12) + 20
    seen = [(so_far, following) for _, so_far, following in batches(pairs, 5, 0, 0)]
    assert len(seen) == 2
    assert len({int(row[0]) for so_far, _ in seen for row in so_far}) == 10
    for so_far, following in seen:
        torch.testing.assert_close(so_far[:, 1:], following[:, :-1])


def test_padding_counts_neither_in_the_loss_nor_in_the_score() -> None:
    scores = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0))
    following = torch.tensor([[4, 5, END, PAD], [5, END, PAD, PAD]])
    by_hand = -scores.log_softmax(2).gather(2, following[..., None])[..., 0]
    torch.testing.assert_close(word_loss(scores, following), by_hand[following != PAD].mean())

    class Copies(torch.nn.Module):
        def forward(self, source: torch.Tensor, so_far: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.one_hot(source[:, 1 : 1 + so_far.shape[1]], 6).float()

    target = torch.cat([torch.full((2, 1), BEGIN), following], 1)
    assert word_accuracy(Copies(), (target, target)) == 1.0
    assert word_accuracy(Copies(), (target.flip(0), target)) == 0.0  # but for padding nothing agrees


def test_training_is_repeatable_and_learns(translator: Translator) -> None:
    again = train_translation(TEXTS, TINY, seed=1)
    for first, second in zip(translator.module.parameters(), again.module.parameters(), strict=True):
        assert torch.equal(first, second)
    pairs = translator.pairs(TEXTS["validation"])
    torch.manual_seed(5)
    assert word_accuracy(translator.module, pairs) > word_accuracy(Transformer(translator.module.sizes).eval(), pairs)
    assert float(translator.notes["validation_words"]) == pytest.approx(
        word_accuracy(translator.module, pairs), abs=1e-4
    )


def test_greedy_translation_goes_on_to_the_end_mark(translator: Translator) -> None:
    source, target = translator.pairs(TEXTS["test"])
    found = translate(translator.module, source, 7)
    assert (found[:, 0] == BEGIN).all()
    assert found.shape[1] <= 7
    with torch.no_grad():
        for place in range(1, found.shape[1]):
            best = translator.module(source, found[:, :place])[:, -1].argmax(1)
            ended = (found[:, :place] == END).any(1)
            assert torch.equal(found[:, place], torch.where(ended, PAD, best))
    assert sentence_accuracy(translator.module, (source, target)) == 0.0  # four epochs do not make a translator


def test_a_translator_file_comes_back_and_others_are_refused(translator: Translator, tmp_path: Path) -> None:
    path = tmp_path / "some.seq.npz"
    save_translator(translator, path)
    again = load_translator(path)
    source, target = translator.pairs(TEXTS["test"])
    assert torch.equal(again.module(source, target), translator.module(source, target))
    assert (again.source, again.target, again.notes) == (translator.source, translator.target, translator.notes)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    about = json.loads(str(arrays["about"]))
    about["source"]["words"].pop()
    about["source"]["counts"].pop()
    damaged = [
        {**arrays, "about": np.array(json.dumps(about))},
        {**arrays, "about": np.array("{}")},
        {**arrays, "about": np.array({"an": "object"}, dtype=object)},
        {name: array for name, array in arrays.items() if name != "p.output.bias"},
        {**arrays, "p.output.bias": np.full_like(arrays["p.output.bias"], np.nan)},
    ]
    for content in damaged:
        np.savez(path, **content)
        with pytest.raises(ResultFileError, match=r"some\.seq\.npz"):
            load_translator(path)
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ResultFileError, match="is not a translator file"):
        load_translator(path)
    with pytest.raises(ResultFileError, match="cannot be read"):
        load_translator(tmp_path / "none.seq.npz")


def test_too_few_pairs_are_told() -> None:
    with pytest.raises(DataError, match="fewer than the 500 pairs of a batch"):
        train_translation(TEXTS, replace(TINY, batch=500))


def test_the_shipped_translator_translates() -> None:
    translator = ready_translator()
    assert translator.notes["seed"] == "0"
    pairs = translator.pairs(made_language("test", 60))
    # Four standard deviations of a binomial share of 60 sentences, and of their words.
    told, n_words = float(translator.notes["test_words"]), int((pairs[1][:, 1:] != PAD).sum())
    assert word_accuracy(translator.module, pairs) == pytest.approx(told, abs=4 * (told * (1 - told) / n_words) ** 0.5)
    told = float(translator.notes["test_sentences"])
    found = sentence_accuracy(translator.module, pairs)
    assert found == pytest.approx(told, abs=4 * (told * (1 - told) / 60) ** 0.5)
    assert found > 0.5
