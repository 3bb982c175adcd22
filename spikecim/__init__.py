"""spikecim: emulate SPIRIT, the first chip with analog spiking neurons and RRAM synapses (CEA-Leti, IEDM 2019)."""

from spikecim.version import __version__

__all__ = ["__version__"]
