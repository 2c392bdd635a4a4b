"""Statements that show whether a warehouse answers as Landfall assumes. `landfall doctor --warehouse` runs them."""
