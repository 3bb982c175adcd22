"""Published against emulated: rows with verdicts that follow from how each input was set."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from spikecim.chips.spec import ChipSpec

VERDICTS = ("reproduced", "calibrated", "off", "not comparable")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One quantity.

    Attributes
    ----------
    id, quantity, unit : str
    published : float
    emulated, low, high : float
        Middle and interval of the emulation, in the same unit.
    verdict : str
        One of `VERDICTS`.
    status : str
        How the inputs of this row were set.
    source : str
        Where the published number stands.
    relation : str
        ``"equal"``, or ``"at least"`` where the published number is a lower bound.
    """

    id: str
    quantity: str
    published: float
    emulated: float
    low: float
    high: float
    unit: str
    verdict: str
    status: str
    source: str
    relation: str = "equal"

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON, keys in the documented order."""
        return asdict(self)


def fitted_to(chip: ChipSpec, row_id: str) -> list[str]:
    """Paths of calibrated parameters that were fitted to the published number of `row_id`."""
    return [path for path, parameter in chip.parameters() if parameter.fitted_to == row_id]


def verdict(
    published: float,
    half_unit: float,
    interval: tuple[float, float],
    *,
    fitted: bool,
    comparable: bool = True,
    at_least: bool = False,
) -> str:
    """Judge a row.

    A published number stands for everything that rounds to it, ``published +- half_unit``, or with `at_least` for
    everything from there upwards. When the emulated interval (low, high) reaches into that range the row is reproduced,
    or calibrated if a fitted parameter stands behind it.
    """
    if not comparable:
        return "not comparable"
    low, high = interval
    if high < published - half_unit or (low > published + half_unit and not at_least):
        return "off"
    return "calibrated" if fitted else "reproduced"
