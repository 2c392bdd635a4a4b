"""Looks at an account before anything is made in it: `landfall doctor --aws`, which `make deploy` runs first."""
