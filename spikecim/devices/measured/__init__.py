"""A device of one's own: measured resistances in, fitted distributions with intervals and a device file out."""

from __future__ import annotations
