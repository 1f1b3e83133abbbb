"""Models, endpoints and workspaces that stand in for real ones: for benchmarks and tests."""
