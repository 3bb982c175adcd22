"""The studies that go with a reproduction: ageing, weight codes under faults, what costs the four points."""

from __future__ import annotations

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
        """Run all; after an interrupt in one of them the others are left out, and ageing where the cells do not age."""
        few = min(self.n_chips, CURVE_CHIPS)
        found = Studies()
        if _ages(chip):
            ageing = AgeingStudy(chip=chip, network=network, n_chips=few, seed=self.seed).run(
                trains, test.labels, lambda done, total: self.progress("ageing", done, total)
            )
            found = Studies(ageing=ageing)
            if ageing.n_chips < few:
                return found
        curves = CodesExperiment(
            chip=self.chip_file,
            dataset=test.dataset,
            n_chips=few,
            seed=self.seed,
            limit=self.limit,
            progress=self.progress,
        )
        codes = curves.run()
        found = replace(found, codes=codes, argument=codes)
        if codes.interrupted:
            return found
        if self.n_chips > few:
            argument = replace(curves, n_chips=self.n_chips, argument_only=True).run()
            found = replace(found, argument=argument)
            if argument.interrupted:
                return found
        designs = MANY_DESIGNS if self.n_chips > few else FEW_DESIGNS
        causes = AttributionExperiment(
            chip=self.chip_file,
            dataset=test.dataset,
            n_chips=self.n_chips,
            after="1 h" if _ages(chip) else "0 s",
            seed=self.seed,
            limit=self.limit,
            n_designs=designs,
            progress=self.progress,
        )
        attribution = causes.run()
        found = replace(found, attribution=attribution)
        if attribution.n_chips < attribution.requested or not self.comparable:
            return found
        return replace(found, region=causes.region())


def _ages(chip: ChipSpec) -> bool:
    """Whether the cells have a law of relaxation, of retention and of read disturb."""
    return all(map(switched_on, (chip.cell.relaxation, chip.cell.retention, chip.cell.disturb)))


def study_rows(found: Studies, chip: ChipSpec, *, comparable: bool) -> list[Row]:
    """The rows that the studies add to the published table."""
    rows = [] if found.ageing is None else ageing_rows(found.ageing, chip, comparable=comparable)
    argument = None if found.argument is None else sign_bit_argument(found.argument)
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
