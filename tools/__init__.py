"""Acts: reads papers, mines, merges, probes, writes questions, trains. Keeps nothing."""
