"""The doubles of this run."""

from collections.abc import Iterator

import pytest

from infra.local.partners.processes import Partner
from tests.support.commerce7_bench import Commerce7Bench


@pytest.fixture
def commerce7(commerce7_partner: Partner) -> Iterator[Commerce7Bench]:
    """As on its first day."""
    bench = Commerce7Bench(commerce7_partner)
    yield bench
    bench.close()
