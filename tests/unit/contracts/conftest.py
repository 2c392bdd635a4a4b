"""Properties may take their time: the machine that runs the tests has other things to do."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
