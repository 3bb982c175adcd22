"""Resistive arrays with wires: exact column currents of passive and gated (1T1R) crossbars (docs/crossbar.md)."""
