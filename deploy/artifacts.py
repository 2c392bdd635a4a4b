"""Puts a template into S3 if it is too large for a call of CloudFormation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from deploy.stack import LARGEST_BODY, DeployError


@dataclass(frozen=True, kw_only=True)
class Artifacts:
    """The bucket for templates. Its name is empty if there is none yet."""

    s3: Any
    bucket: str

    def put(self, template: str) -> str:
        """Upload a template, under a key of its content, and return its URL. Raises DeployError without a bucket."""
        if not self.bucket:
            raise DeployError(
                f"the template has {len(template):,} bytes, and a call of CloudFormation takes {LARGEST_BODY:,}: "
                'name a bucket of yours in this region that may have it (DEPLOY="--artifacts-bucket NAME")'
            )
        key = f"landfall/{hashlib.sha256(template.encode()).hexdigest()}.json"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=template.encode(), ContentType="application/json")
        return f"{self.s3.meta.endpoint_url}/{self.bucket}/{key}"
