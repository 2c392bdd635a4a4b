"""Landfall measured beside its peers. See README.md here; figures in RESULTS.md."""
