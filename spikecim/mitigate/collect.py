"""From what was measured on each chip to the result of a mitigation study."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.classes import CLASSES
from spikecim.errors import ResultFileError
from spikecim.files import write_json
from spikecim.mitigate import scores
from spikecim.mitigate.spec import Condition, Cure, MitigationStudy
from spikecim.results.mitigation import ConditionResult, CureResult, LayerRow, Mitigation
from spikecim.version import __version__

Blocks = NDArray[np.float64]
_BEFORE = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """All that was measured.

    Attributes
    ----------
    algorithm, ideal : float64 (n_blocks,)
    blocks : mapping of (condition, cure) to float64 (n_chips, n_blocks)
        The cure is empty before any.
    layers : mapping of (condition, cure) to tuple of LayerRow
    alike : frozenset of str
        Conditions in which all chips are the same.
    needs : mapping of str to str
        By cure, what it must know.
    trained_against : mapping of (condition, cure) to frozenset of str
        Classes that retraining saw.
    """

    algorithm: Blocks
    ideal: Blocks
    blocks: Mapping[tuple[str, str], Blocks]
    layers: Mapping[tuple[str, str], tuple[LayerRow, ...]]
    alike: frozenset[str]
    needs: Mapping[str, str]
    trained_against: Mapping[tuple[str, str], frozenset[str]]


def result_of(study: MitigationStudy, found: Found) -> Mitigation:
    """Scores of all conditions and cures."""
    drawn = scores.Resampling.draw(study.chips, study.blocks, study.seed)
    return Mitigation(
        study=study.describe(),
        version=__version__,
        algorithm=_percent(found.algorithm),
        ideal=_percent(found.ideal),
        conditions=tuple(_condition(study, found, condition, drawn) for condition in study.conditions),
        images=study.images,
        chips=study.chips,
        blocks=study.blocks,
        confidence_percent=scores.CONFIDENCE,
        draws=scores.DRAWS,
    )


def _condition(study: MitigationStudy, found: Found, condition: Condition, drawn: scores.Resampling) -> ConditionResult:
    before = found.blocks[condition.name, _BEFORE]
    return ConditionResult(
        name=condition.name,
        errors=_in_order(condition.errors),
        why=study.why.get(condition.name, ""),
        alike=condition.name in found.alike,
        chips=tuple(_percent(row) for row in before),
        before=scores.accuracy(before, drawn),
        ratio=scores.accuracy_ratio(before, found.algorithm, drawn),
        lost=scores.lost(found.ideal, before, drawn),
        layers=found.layers[condition.name, _BEFORE],
        cures=tuple(_cure(found, condition, cure, drawn) for cure in study.cures.get(condition.name, ())),
    )


def _cure(found: Found, condition: Condition, cure: Cure, drawn: scores.Resampling) -> CureResult:
    before, after = found.blocks[condition.name, _BEFORE], found.blocks[condition.name, cure.name]
    score = scores.recovered(found.ideal, before, after, drawn)
    return CureResult(
        name=cure.name,
        needs=found.needs[cure.name],
        trained_against=_in_order(found.trained_against[condition.name, cure.name]),
        chips=tuple(_percent(row) for row in after),
        after=scores.accuracy(after, drawn),
        ratio=scores.accuracy_ratio(after, found.algorithm, drawn),
        recovered=score.interval,
        undefined=score.undefined,
        chips_recovered=score.chips,
        layers=found.layers[condition.name, cure.name],
    )


def _percent(blocks: Blocks) -> float:
    return 100.0 * float(blocks.mean())


def _in_order(errors: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in CLASSES if name in errors)


def write_layers(path: Path, rows: Sequence[LayerRow]) -> None:
    """Keep what is known of the arrays beside the journal, which holds accuracies only."""
    write_json(path, [asdict(row) for row in rows])


def read_layers(path: Path) -> tuple[LayerRow, ...]:
    """What `write_layers` wrote.

    Raises
    ------
    ResultFileError
        If it is gone or damaged.
    """
    try:
        return tuple(LayerRow(**row) for row in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ResultFileError(f"{path}: cannot be read ({error}); choose another --out, or start anew") from None
