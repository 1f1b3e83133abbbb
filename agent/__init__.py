"""Decides: the two graphs, the review, the settings and the doors a person comes through."""
