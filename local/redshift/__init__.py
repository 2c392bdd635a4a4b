"""A Redshift for the laptop: a real PostgreSQL behind the Redshift Data API, COPY from S3, and Redshift's protocol."""

from local.redshift.server import LocalRedshift

__all__ = ["LocalRedshift"]
