"""Measures: statistics, examination, the gate, plots. Acts on nothing."""
