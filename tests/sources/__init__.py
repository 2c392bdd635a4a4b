"""The suite that every source passes. A new source adds itself to MEMBERS in test_every_source.py."""
