"""Calls of models by role: who answers, over which connections, noted, bounded, traced."""
