"""Published against emulated: rows with verdicts that follow from how each input was set (design section 4)."""

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

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON, keys in the documented order."""
        return asdict(self)


def fitted_to(chip: ChipSpec, row_id: str) -> list[str]:
    """Paths of calibrated parameters that were fitted to the published number of `row_id`."""
    return [path for path, p in chip.parameters() if p.status == "calibrated" and f"to {row_id} " in p.source]


def verdict(
    published: float, half_unit: float, interval: tuple[float, float], *, fitted: bool, comparable: bool = True
) -> str:
    """Judge a row.

    A published number stands for everything that rounds to it, ``published +- half_unit``; it is reproduced when the
    emulated interval (low, high) reaches into that range, and no parameter was fitted to it.
    """
    if not comparable:
        return "not comparable"
    if fitted:
        return "calibrated"
    low, high = interval
    return "reproduced" if low <= published + half_unit and high >= published - half_unit else "off"
