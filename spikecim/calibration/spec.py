"""A calibration as data: which parameters within which bounds, which figures they are fitted to; read from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikecim.calibration.figures import Figure, read_figure
from spikecim.calibration.polynomials import n_terms
from spikecim.errors import ParameterError, hint
from spikecim.study.designs import Design
from spikecim.study.metrics import check_metric
from spikecim.study.point import chip_of
from spikecim.study.reading import study_from
from spikecim.study.spec import Study
from spikecim.toml import known_keys, read_toml

SCHEMA = 1
_TOP = ("schema", "name", "title", "base", "parameters", "figures", "measured", "design", "sets", "further")
_DESIGN = {"points": 256, "chips": 4}
_MEASURED = {"chips": 1, "images": 0, "same_images": False}
MOST_PARAMETERS, MOST_DESIGNS = 12, 65_536
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What to fit to what.

    Attributes
    ----------
    study : Study
        Base chip, parameters as factors, and all figures as metrics; its designs and chips are what is simulated.
    figures : tuple of Figure
    n_chips, n_images : int
        Measured chips and images; 0 images: those that are simulated.
    sets : tuple of (name, tuple of figure names)
        Parts of the figures that are judged alone too; all of them come last.
    further : tuple of str
        Figures that were not measured: what each would add is worked out.
    """

    study: Study
    figures: tuple[Figure, ...]
    n_chips: int
    n_images: int
    sets: tuple[tuple[str, tuple[str, ...]], ...]
    further: tuple[str, ...]

    def figure(self, name: str) -> Figure:
        """One figure by name."""
        return next(figure for figure in self.figures if figure.name == name)

    def describe(self) -> dict[str, Any]:
        """Plain data that names every choice, for results."""
        return {
            "study": self.study.describe(),
            "figures": {figure.name: figure.describe() for figure in self.figures},
            "measured": {"chips": self.n_chips, "images": self.n_images, "same_images": self.n_images == 0},
            "sets": {name: list(names) for name, names in self.sets},
            "further": list(self.further),
        }


def read_calibration(path: str | Path) -> Calibration:
    """Read a calibration file.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    give = "`spirit` or the path of a calibration file"
    return calibration_from(read_toml(Path(path), str(path), give), str(path))


def calibration_from(raw: Mapping[str, Any], where: str) -> Calibration:
    """A calibration from plain data, as TOML gives it; errors as for `read_calibration`."""
    known_keys(raw, _TOP, where)
    if raw.get("schema") != SCHEMA:
        raise ParameterError(f"{where}: schema is {raw.get('schema')!r}; this spikecim reads schema = {SCHEMA}")
    design, measured = _table(raw, "design", _DESIGN, where), _table(raw, "measured", _MEASURED, where)
    figures, parameters = _filled(raw, "figures", where), _filled(raw, "parameters", where)
    bare = _study(raw, parameters, list(figures), design, where)
    delta_s = bare.base_chip().decision.delta_s.value
    known = tuple(read_figure(name, entry, delta_s, measured["chips"], where) for name, entry in figures.items())
    further = _further(raw, tuple(figures), delta_s, where)
    study = _study(raw, parameters, [*figures, *further], design, where)
    _check_parameters(study, where)
    return Calibration(
        study=study,
        figures=known,
        n_chips=measured["chips"],
        n_images=_images(measured, where),
        sets=_sets(raw, tuple(figures), where),
        further=further,
    )


def _study(
    raw: Mapping[str, Any], parameters: Mapping[str, Any], metrics: list[str], design: Mapping[str, int], where: str
) -> Study:
    """The study behind it."""
    base = raw.get("base", {})
    if isinstance(base, Mapping):
        if base.get("split", "validation") == "test":
            raise ParameterError(
                f"{where}: base.split is 'test'; calibration takes training images only: leave it out, or 'validation'"
            )
        if "chips" in base:
            raise ParameterError(f"{where}: unknown key 'base.chips'; did you mean 'design.chips'?")
        base = {**base, "chips": design["chips"]}
    told = {key: raw[key] for key in ("name", "title") if key in raw}
    return study_from(
        {
            "schema": 1,
            **told,
            "base": base,
            "factors": parameters,
            "design": {"kind": "sobol", "points": design["points"]},
            "metrics": {"report": metrics},
        },
        where,
    )


def _check_parameters(study: Study, where: str) -> None:
    """Ranges only, not too many for the designs, and both ends within what the chip allows."""
    for factor in study.factors:
        if factor.n_values is not None:
            raise ParameterError(
                f"{where}: parameters.{factor.path}: calibration moves quantities without steps; "
                "compare lists and counts with `spikecim sweep`"
            )
    size = len(study.factors)
    if size > MOST_PARAMETERS:
        raise ParameterError(f"{where}: {size} parameters are too many; allowed 1 .. {MOST_PARAMETERS}")
    least = 2 * n_terms(size, 2)
    if study.points < least:
        raise ParameterError(
            f"{where}: design.points is {study.points}; {size} parameters take {least} designs or more: "
            "raise it or fit fewer parameters"
        )
    for number, factor in enumerate(study.factors):
        for share in (0.0, 1.0):
            shares = [share if other == number else 0.5 for other in range(size)]
            design = Design(number=0, values=tuple(f.at(s) for f, s in zip(study.factors, shares, strict=True)))
            try:
                chip_of(study, dict(zip((f.path for f in study.factors), design.values, strict=True)))
            except ParameterError as error:
                raise ParameterError(f"{where}: parameters.{factor.path}: {error}") from None


def _further(raw: Mapping[str, Any], figures: tuple[str, ...], delta_s: int, where: str) -> tuple[str, ...]:
    """The figures asked for, or the usual ones that are not there yet."""
    half = max(1, delta_s // 2)
    usual = ["accuracy", "input_spikes", "output_spikes", "input_spikes_sd"]
    usual += [f"accuracy@{half}", f"input_spikes@{half}", "core_pj_per_event", "programming_nj"]
    asked = raw.get("further", [name for name in usual if name not in figures])
    if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
        raise ParameterError(f"{where}: further must be a list of figures, got {asked!r}")
    for name in asked:
        check_metric(name, delta_s, f"{where}: further")
        if name in figures:
            raise ParameterError(f"{where}: further: {name!r} is measured already; leave it out there")
    return tuple(dict.fromkeys(asked))


def _sets(raw: Mapping[str, Any], figures: tuple[str, ...], where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    told = raw.get("sets", {})
    if not isinstance(told, Mapping) or ALL in told:
        raise ParameterError(f"{where}: [sets] must name lists of figures, other than {ALL!r}; got {told!r}")
    for name, members in told.items():
        if not isinstance(members, list) or not members:
            raise ParameterError(f"{where}: sets.{name} must be a list of figures, got {members!r}")
        for member in members:
            if member not in figures:
                near = hint(str(member), figures, f"allowed: {', '.join(figures)}")
                raise ParameterError(f"{where}: sets.{name}: {member!r} is not in [figures]; {near}")
    named = tuple((name, tuple(f for f in figures if f in members)) for name, members in told.items())
    return (*named, (ALL, figures))


def _images(measured: Mapping[str, Any], where: str) -> int:
    if measured["same_images"]:
        return 0
    if measured["images"] < 1:
        raise ParameterError(
            f"{where}: measured.images is missing: say how many images the figures stand on, "
            "or same_images = true if they are the simulated ones"
        )
    return int(measured["images"])


def _filled(raw: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, Mapping) or not table:
        what = "figure that was measured" if name == "figures" else "parameter with low and high"
        raise ParameterError(f"{where}: [{name}] is empty; give at least one {what}")
    return table


def _table(raw: Mapping[str, Any], name: str, defaults: Mapping[str, Any], where: str) -> dict[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, Mapping):
        raise ParameterError(f"{where}: [{name}] must be a table, got {table!r}")
    known_keys(table, defaults, where, f"{name}.")
    for key, value in table.items():
        if type(value) is not type(defaults[key]):
            kind = "true or false" if isinstance(defaults[key], bool) else "a whole number"
            raise ParameterError(f"{where}: {name}.{key} must be {kind}, got {value!r}")
        low = 2 if (name, key) == ("design", "chips") else 1
        if not isinstance(value, bool) and not low <= value <= MOST_DESIGNS:
            raise ParameterError(f"{where}: {name}.{key} is {value}; allowed {low} .. {MOST_DESIGNS}")
    return {**defaults, **table}
