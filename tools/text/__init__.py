"""Sentences, words and values of scientific English, and whether a text is true to another."""
