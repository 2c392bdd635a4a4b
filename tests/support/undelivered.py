"""Error objects as Firehose writes them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any


def failed(data: bytes, **fields: Any) -> bytes:
    """An error object of a transformation."""
    shown = {
        "attemptsMade": 4,
        "arrivalTimestamp": 1_700_000_000_000,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": "SECRET-ROW cannot be parsed",
        "attemptEndingTimestamp": 1_700_000_001_000,
        "rawData": b64encode(data).decode(),
        "lambdaArn": "arn:aws:lambda:eu-west-1:123456789012:function:clean:$LATEST",
    }
    return json.dumps({name: value for name, value in {**shown, **fields}.items() if value is not None}).encode()
