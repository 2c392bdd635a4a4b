from tests.support.simulated.fixtures import world  # noqa: F401
