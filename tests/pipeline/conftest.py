from tests.support.simulated.fixtures import deployment  # noqa: F401
