"""Placing the layers of a network on the cores of a chip."""

from __future__ import annotations

from spikecim.mapping.placement import CoreShare, Placement
from spikecim.mapping.sequential import place

__all__ = ["CoreShare", "Placement", "place"]
