"""Measures Landfall beside its peers. README.md describes it, and RESULTS.md has the figures."""
