"""Redshift's COPY of CSV from S3: the same options, the same leniency and the same load errors."""
