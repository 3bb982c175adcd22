"""The studies that go with a reproduction: ageing, weight codes under faults, what costs the four points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from spikecim.chips.spec import ChipSpec
from spikecim.experiments.ageing_rows import ageing_rows
from spikecim.experiments.attribution import AttributionExperiment
from spikecim.experiments.codes import CodesExperiment
from spikecim.experiments.material import Material
from spikecim.experiments.rows import make_row
from spikecim.explore.ageing import AgeingStudy
from spikecim.network import Network
from spikecim.parameters import switched_on
from spikecim.progress import Stage
from spikecim.results.ageing import Ageing
from spikecim.results.findings import Row, fitted_to
from spikecim.results.sign_bit import STANDARD_ERRORS, SignBitArgument, sign_bit_argument
from spikecim.results.studies import Studies
from spikecim.spikes import SpikeTrains

# Chips of a curve: enough for a band; the attribution takes as many as the table.
CURVE_CHIPS = 20
# Sobol points come in powers of two.
MANY_DESIGNS, FEW_DESIGNS = 512, 128


@dataclass(frozen=True, kw_only=True)
class StudiesExperiment:
    """Which chip, on what.

    Attributes
    ----------
    chip_file : str
        Chip name or file.
    n_chips, seed : int
    limit : int or None
        Only the first images of the test set.
    comparable : bool
        Whether the published numbers hold for these data: if not, no region is searched for them.
    progress : callable(stage, done, total)
    """

    chip_file: str
    n_chips: int
    seed: int
    limit: int | None
    comparable: bool
    progress: Stage = field(repr=False)

    def run(self, chip: ChipSpec, network: Network, test: Material, trains: SpikeTrains) -> Studies:
        """Run all; an interrupt keeps what is done and leaves out the rest. Cells that do not age are not aged."""
        found = Studies()
        try:
            for found in self._one_by_one(chip, network, test, trains):
                if found.interrupted:
                    break
        except KeyboardInterrupt:  # before a study had anything to keep
            found = replace(found, interrupted=True)
        return found

    def _one_by_one(self, chip: ChipSpec, network: Network, test: Material, trains: SpikeTrains) -> Iterator[Studies]:
        """Everything so far, after each study."""
        found = Studies()
        if _ages(chip):
            ageing = self._age(chip, network, test, trains)
            found = replace(found, ageing=ageing, interrupted=ageing.n_chips < self._few)
            yield found
        experiment = self._codes(test)
        curves = experiment.run()
        found = replace(found, codes=curves, argument=sign_bit_argument(curves), interrupted=curves.interrupted)
        yield found
        if self.n_chips > self._few:
            argued = experiment.argument(self.n_chips)
            most = max(argued, curves, key=lambda study: study.n_chips)
            found = replace(found, argument=sign_bit_argument(most), interrupted=argued.interrupted)
            yield found
        causes = self._causes(chip, test)
        attribution = causes.run()
        found = replace(found, attribution=attribution, interrupted=attribution.interrupted)
        yield found
        if self.comparable:
            region = causes.region()
            yield replace(found, region=region, interrupted=region.interrupted)

    @property
    def _few(self) -> int:
        return min(self.n_chips, CURVE_CHIPS)

    def _age(self, chip: ChipSpec, network: Network, test: Material, trains: SpikeTrains) -> Ageing:
        study = AgeingStudy(chip=chip, network=network, n_chips=self._few, seed=self.seed)
        return study.run(trains, test.labels, lambda done, total: self.progress("ageing", done, total))

    def _codes(self, test: Material) -> CodesExperiment:
        return CodesExperiment(
            chip=self.chip_file,
            dataset=test.dataset,
            n_chips=self._few,
            seed=self.seed,
            limit=self.limit,
            progress=self.progress,
        )

    def _causes(self, chip: ChipSpec, test: Material) -> AttributionExperiment:
        return AttributionExperiment(
            chip=self.chip_file,
            dataset=test.dataset,
            n_chips=self.n_chips,
            after="1 h" if _ages(chip) else "0 s",
            seed=self.seed,
            limit=self.limit,
            n_designs=MANY_DESIGNS if self.n_chips > self._few else FEW_DESIGNS,
            progress=self.progress,
        )


def _ages(chip: ChipSpec) -> bool:
    """Whether the cells have a law of relaxation, of retention and of read disturb."""
    return all(map(switched_on, (chip.cell.relaxation, chip.cell.retention, chip.cell.disturb)))


def study_rows(found: Studies, chip: ChipSpec, *, comparable: bool) -> list[Row]:
    """The rows that the studies add to the published table."""
    rows = [] if found.ageing is None else ageing_rows(found.ageing, chip, comparable=comparable)
    argument = found.argument
    return rows if argument is None else [*rows, _sign_bit_row(argument, chip, comparable=comparable)]


def _sign_bit_row(argument: SignBitArgument, chip: ChipSpec, *, comparable: bool) -> Row:
    headline = argument.headline
    half = STANDARD_ERRORS * headline.standard_error
    return make_row(
        "sign_bit_argument",
        "Accuracy of 4 + 4 cells over a triple-redundant sign bit",
        (headline.mean - half, headline.mean, headline.mean + half),
        f"mean over {len(headline.points)} virtual chips, paired, and two standard errors about it. {argument.claim()}",
        fitted=fitted_to(chip, "sign_bit_argument"),
        comparable=comparable,
    )
