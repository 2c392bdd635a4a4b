"""COPY from S3, as Redshift does it for CSV: the same options, the same leniency and the same load errors."""
