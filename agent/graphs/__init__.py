"""Nodes and edges. A node reads, calls one step, saves, returns ids."""
