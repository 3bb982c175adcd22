"""Analog cells written by pulses: nonlinear, asymmetric, noisy and finite (reference: insitu training line)."""
