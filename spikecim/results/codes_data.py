"""A comparison of weight codes as plain data: flat rows for CSV, everything for JSON, nothing rounded."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from spikecim.results.codes import CellSetting, ChipRows, CodePoint, CodeStudy, GroupPoint
from spikecim.results.population import interval
from spikecim.results.sign_bit import DifferenceParts, PairedDifference, SignBitArgument, sign_bit_argument

Row = dict[str, str | int | float]


def code_rows(study: CodeStudy) -> list[Row]:
    """One flat row for each point, then one for each group size; all rows have the same keys."""
    facts = {code.name: code for code in study.codes}
    sizes = [_group_row(study, group) for group in study.groups]
    return [*(_point_row(study, point, facts[point.code].cells_per_weight) for point in study.points), *sizes]


def codes_json(study: CodeStudy) -> dict[str, Any]:
    """The whole study, accuracies of single chips included, as plain data that strict JSON takes."""
    argument = sign_bit_argument(study)
    return {
        "facts": study.facts,
        "images": study.n_images,
        "virtual_chips": study.n_chips,
        "seed": study.seed,
        "levels": study.levels,
        "interrupted": study.interrupted,
        "formal_accuracy_percent": 100 * study.formal_accuracy,
        "ideal_accuracy_percent": 100 * study.ideal_accuracy,
        "good_from_percent": 100 * study.good_accuracy,
        "nominal": asdict(study.nominal),
        "codes": [asdict(code) for code in study.codes],
        "points": [
            {"code": p.code, **asdict(p.setting), "stuck": p.setting.stuck, **_chips(study, p.chips)}
            for p in study.points
        ],
        "groups": [
            {
                "cells_per_polarity": group.levels,
                "cells": group.n_cells,
                "formal_accuracy_percent": 100 * group.formal_accuracy,
                **_chips(study, group.chips),
            }
            for group in study.groups
        ],
        "sign_bit_argument": argument_json(argument) if argument is not None else None,
    }


def argument_json(argument: SignBitArgument) -> dict[str, Any]:
    """The argument for 4 + 4 cells as plain data."""
    return {
        "holds": argument.holds,
        "statement": argument.statement(),
        "differences": [_difference(pair) for pair in (*argument.nominal, *argument.faulty, *(argument.aged or ()))],
        "parts": [_parts(part) for part in argument.parts],
        "cells_per_weight": argument.cells,
        "cell_current_pj_median": argument.cell_pj,
    }


def _point_row(study: CodeStudy, point: CodePoint, cells_per_weight: int) -> Row:
    return {
        **_head("code", point.code, study.levels, cells_per_weight),
        **_setting(point.setting),
        **_summary(study, point.chips),
    }


def _group_row(study: CodeStudy, group: GroupPoint) -> Row:
    return {
        **_head("group", "unary-bipolar", group.levels, 2 * group.levels),
        **_setting(study.nominal),
        **_summary(study, group.chips),
    }


def _head(study: str, code: str, levels: int, cells: int) -> Row:
    return {"study": study, "code": code, "cells_per_polarity": levels, "cells_per_weight": cells}


def _setting(setting: CellSetting) -> Row:
    return {
        "stuck_lrs_percent": 100 * setting.stuck_lrs,
        "stuck_hrs_percent": 100 * setting.stuck_hrs,
        "hrs_sigma_ln": setting.hrs_sigma,
        "seconds_after_programming": setting.after_s,
    }


def _summary(study: CodeStudy, chips: ChipRows) -> Row:
    low, middle, high = chips.accuracy_percent()
    return {
        "chips": len(chips.accuracy),
        "accuracy_percent_median": middle,
        "accuracy_percent_p5": low,
        "accuracy_percent_p95": high,
        "yield_percent": 100 * chips.yield_share(study.good_accuracy),
        "input_spikes_median": float(np.median(chips.input_spikes)),
        "cell_current_pj_median": float(np.median(chips.cell_pj)),
        "core_pj_median": float(np.median(chips.core_pj)),
        "programming_nj_median": float(np.median(chips.programming_nj)),
    }


def _chips(study: CodeStudy, chips: ChipRows) -> dict[str, Any]:
    return {**_summary(study, chips), "accuracy_percent": (100 * chips.accuracy).tolist()}


def _difference(pair: PairedDifference) -> dict[str, Any]:
    low, middle, high = pair.span
    return {
        "rival": pair.rival,
        **_setting(pair.setting),
        "points_median": middle,
        "points_p5": low,
        "points_p95": high,
        "points_mean": pair.mean,
        "points_standard_error": pair.standard_error if math.isfinite(pair.standard_error) else None,
        "points": pair.points.tolist(),
    }


def _parts(part: DifferenceParts) -> dict[str, Any]:
    spans = {name: getattr(part, name) for name in ("total", "faults", "hrs_spread", "rest")}
    named = {
        name: dict(zip(("p5", "median", "p95"), interval(points), strict=True)) | {"mean": float(points.mean())}
        for name, points in spans.items()
    }
    return {"rival": part.rival, "points": named}
