from tests.orchestration.steps import machine  # noqa: F401
from tests.support.simulated.fixtures import deployment  # noqa: F401
