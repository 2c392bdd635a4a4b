"""The tests, laid out as the code is.

    domain/ pipeline/ operations/ orchestration/ api/
                           as in chalicelib/: the test of x.py is test_x.py; a test of several modules has its own name
    adapters/              one suite for each port, which memory and real adapters pass
    adapters/unit/         what only one adapter has
    contracts/             the contracts that ship
    properties/            what holds for any input
    security/              what must never be seen, and hostile names
    simulation/            schedules of faults, and the promises that must hold under each
    sql/ local/ e2e/       the warehouse's statements, the local stack, the main job on it
    packaging/ deployed/   what is deployed, and a deployment
    support/               what many of these share

No file imports from a test module: test_house.py holds that.
"""
