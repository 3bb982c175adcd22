"""Studies: many designs, many virtual chips each, written as one TOML file (sweep, search, calibration)."""
