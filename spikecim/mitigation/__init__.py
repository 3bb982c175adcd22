"""Corrections of one chip's weight map before it is programmed: wires, stuck cells, the choice of cells."""
