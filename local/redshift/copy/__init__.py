"""Redshift's COPY of CSV or JSON from S3: the same options, the same leniency and the same load errors."""
