"""Calibration: parameters fitted to a chip's figures by simulation, and what those figures cannot tell apart."""
