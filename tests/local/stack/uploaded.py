"""Code that tests upload, as a deployment does."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from local.aws.wiring import ROLE

TELLS = """
import os, sys
def tell(event, context):
    keys = [os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]]
    ours = [name for name in os.environ if name.startswith("LANDFALL_")]
    return {"path": sys.path, "here": os.getcwd(), "ours": ours, "site": "site" in sys.modules, "keys": keys}
"""


def packed(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", text)
    return packed.getvalue()


TELLER: dict[str, Any] = {
    "FunctionName": "teller",
    "Runtime": "python3.13",
    "Role": ROLE,
    "Handler": "app.tell",
    "Code": {"ZipFile": packed(TELLS)},
}
