"""Brings a warehouse up to date with sql/, the contracts and the grants of the functions: see `migrate`."""
