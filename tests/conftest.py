"""Properties may take their time: the machine that runs the tests has other things to do."""

import os

from hypothesis import settings

if not os.environ.get("CI"):
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
