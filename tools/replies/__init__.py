"""Asking any model for items in a schema, and reading its replies leniently."""
