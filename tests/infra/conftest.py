"""The synthesised app, once per run."""

import pytest

from infra.synth import synthesise
from infra.targets import LAMBDA_SOURCES, LOCAL
from tests.infra.assembly import Assembly


@pytest.fixture(scope="session")
def local() -> Assembly:
    """What the local stack deploys."""
    return Assembly.read(synthesise(LOCAL))


@pytest.fixture(scope="session")
def deployed() -> Assembly:
    """What an AWS account gets, except for the bytecode."""
    return Assembly.read(synthesise(LAMBDA_SOURCES))
