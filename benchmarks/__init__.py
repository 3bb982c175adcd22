"""Measured speed: `python -m benchmarks.bench`."""
