"""The API for notebooks: a DataFrame is written as its contract reads it, sent, and followed."""
