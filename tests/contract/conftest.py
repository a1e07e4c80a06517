"""The doubles of this run."""

from collections.abc import Iterator

import pytest

from infra.local.partners.catalogue import PartnerName
from infra.local.partners.processes import Partner, running_partner
from tests.support.commerce7_bench import Commerce7Bench


@pytest.fixture(scope="session")
def commerce7_partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    """One process for all tests."""
    with running_partner(PartnerName.COMMERCE7, tmp_path_factory.mktemp("commerce7")) as partner:
        yield partner


@pytest.fixture
def commerce7(commerce7_partner: Partner) -> Iterator[Commerce7Bench]:
    """As on its first day."""
    bench = Commerce7Bench(commerce7_partner)
    yield bench
    bench.close()
