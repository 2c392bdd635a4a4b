"""Redshift's SQL made into PostgreSQL's, or refused in words that name the reason. On tokens, never on raw text."""
