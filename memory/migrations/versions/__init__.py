"""One file per revision. A file here is history: it repeats the tables of its day, unchanged."""
