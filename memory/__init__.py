"""Says what things are and keeps them: records, store, index, lineage, lease."""
