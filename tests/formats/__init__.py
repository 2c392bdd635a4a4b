"""The suite that every file format passes. A new format adds a sample to samples.py, and nothing else."""
