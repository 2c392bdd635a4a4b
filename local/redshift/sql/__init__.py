"""Turns Redshift's SQL into PostgreSQL's, or refuses it with the reason. Works on tokens, never on raw text."""
