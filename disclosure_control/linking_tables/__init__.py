"""Linked tables: which of their cells are the same, and how the others add up."""
