"""Assumed pulsed devices: a pair of nonlinearity labels as text, and the device file that it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from spikecim.errors import ParameterError

PULSES = 64
_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_PAIR = rf"(?P<ltp>[+-]?(?:{_NUMBER}))\s*[/,]\s*(?P<ltd>[+-]?(?:{_NUMBER}))"
_BOTH = rf"(?:\+-|\+/-|±)\s*(?P<both>{_NUMBER})|(?P<zero>0)"
_LABELS = re.compile(
    rf"(?:nl:)?\s*(?:{_PAIR}|{_BOTH})"
    r"\s*(?:@\s*(?P<up>\d+)(?:/(?P<down>\d+))?)?"
    rf"\s*(?:~\s*(?P<noise>{_NUMBER})\s*%)?\s*",
    re.ASCII,
)
# A pair of words that are meant as labels though they are none: "nan/4", "1e1/-4"; "3/4.toml" is a path.
_WORD = rf"[+-]?(?:nan|inf(?:inity)?|(?:{_NUMBER})(?:e[+-]?\d+)?)"
_MEANT = re.compile(rf"(?:nl:|[+\-±])|{_WORD}\s*[/,]\s*{_WORD}\s*(?:[@~].*)?$", re.ASCII | re.IGNORECASE)
_SHOWN = "labels are written as +4/-4, +-4 or nl:4,-4, with @97 (pulses) and ~3.5% (cycle to cycle) behind"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """An assumed curve: labels up and down, pulses up and down, noise of one pulse as a share of the window."""

    ltp: float
    ltd: float
    pulses: tuple[int, int]
    cycle_to_cycle: float

    def text(self) -> str:
        """The one way to write it: ``"+4/-4"``, ``"+4/-4@97/100~3.5%"``."""
        pair = "/".join("0" if label == 0.0 else f"{label:+g}" for label in (self.ltp, self.ltd))
        up, down = self.pulses
        counts = "" if up == down == PULSES else f"@{up}" if up == down else f"@{up}/{down}"
        return pair + counts + (f"~{100 * self.cycle_to_cycle:g}%" if self.cycle_to_cycle else "")


def read_labels(text: str) -> Labels | None:
    """Read ``"+4/-4"``, ``"nl:4,-4"``, ``"+-4"`` or ``"0"``; None if `text` is no pair of labels but a name or path.

    ``@32`` or ``@97/100`` behind it are pulses (64 without), ``~0.3%`` is cycle-to-cycle noise (none without).

    Raises
    ------
    ParameterError
        If it begins as labels do and goes on otherwise.
    """
    plain = text.strip().replace("\u2212", "-")
    found = _LABELS.fullmatch(plain)
    if found is None:
        if _MEANT.match(plain):
            raise ParameterError(f"pulsed device {text!r}: {_SHOWN}")
        return None
    if found["both"] is not None:
        ltp, ltd = float(found["both"]), -float(found["both"])
    else:
        ltp, ltd = float(found["ltp"] or 0.0), float(found["ltd"] or 0.0)
    up = int(found["up"] or PULSES)
    pulses = (up, int(found["down"] or up))
    return Labels(ltp=ltp, ltd=ltd, pulses=pulses, cycle_to_cycle=float(found["noise"] or 0.0) / 100.0)


def assumed_table(ltp: float, ltd: float, pulses: tuple[int, int], cycle_to_cycle: float) -> dict[str, Any]:
    """The device file of an assumed curve, as its TOML would read."""
    text = Labels(ltp=ltp, ltd=ltd, pulses=pulses, cycle_to_cycle=cycle_to_cycle).text()
    stands = "assumed device of a grid: only the curve matters"

    def told(value: object, source: str = stands) -> dict[str, object]:
        return {"value": value, "status": "assumed", "source": source}

    def direction(label: float, count: int) -> dict[str, object]:
        own = {"nonlinearity": told(label, f"asked for: {text}"), "pulses": told(count, f"asked for: {text}")}
        return {"g_min": told("1 uS"), "g_max": told("50 uS"), **own, "voltage": told("2 V"), "width": told("100 ns")}

    return {
        "name": text,
        "title": f"assumed curve, labels {text}",
        "sources": {},
        "potentiation": direction(ltp, pulses[0]),
        "depression": direction(ltd, pulses[1]),
        "noise": {"cycle_to_cycle": told(cycle_to_cycle, f"asked for: {text}")},
        "spread": {"device_to_device": told(0.0), "correlation": told(0.0)},
        "stuck": {"share_low": told(0.0), "share_high": told(0.0)},
        "read": {"voltage": told("0.5 V"), "noise": told(0.0)},
    }
