"""Commerce7 keeps the contract of all connectors."""

import pytest

from tests.contract.connector_contract import ConnectorContract
from tests.support.commerce7_bench import Commerce7Bench


class TestCommerce7(ConnectorContract):
    unknown_id = "00000000-0000-4000-8000-000000000000"

    @pytest.fixture
    def bench(self, commerce7: Commerce7Bench) -> Commerce7Bench:
        return commerce7
