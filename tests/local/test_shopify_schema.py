"""The real schema: fetched once, checked, and read with what Shopify says beyond GraphQL."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from graphql import GraphQLError

from infra.local.partners.shopify import scalars
from infra.local.partners.shopify.fields.catalogue import FIELDS, INPUTS
from infra.local.partners.shopify.schema import SHA256, ensure_schema, load_schema


def test_it_is_the_file_that_was_pinned_whoever_asks_at_the_same_time() -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = {future.result() for future in [pool.submit(ensure_schema) for _ in range(4)]}
    (path,) = paths
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    assert "ISC" in (path.parent / "LICENSE").read_text()


def test_it_tells_scopes_and_kinds_of_ids() -> None:
    admin = load_schema()
    assert admin.ids["QueryRoot", "customer", "id"] == {"Customer"}
    assert admin.scopes["Mutation", "customerSet"].scopes == {"write_customers"}
    assert admin.scopes["Customer", None].scopes == {"read_customers"}
    assert len(admin.schema.type_map) > 3000


def test_what_the_double_answers_is_in_it() -> None:
    types = load_schema().schema.type_map
    for name, fields in FIELDS.items():
        assert fields.keys() <= types[name].fields.keys(), name  # type: ignore[attr-defined]
        for field, known in fields.items():
            assert known.arguments <= types[name].fields[field].args.keys(), (name, field)  # type: ignore[attr-defined]
    for name, told in INPUTS.items():
        assert told <= types[name].fields.keys(), name  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", 5, None, True])
def test_what_is_no_time(text: object) -> None:
    with pytest.raises(GraphQLError, match="invalid DateTime"):
        scalars.read_time(text)


@pytest.mark.parametrize("value", ["x", "", "NaN", "Infinity", True, None, []])
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(GraphQLError, match="invalid decimal"):
        scalars.read_decimal(value)


def test_times_are_told_in_utc_with_whole_seconds() -> None:
    assert scalars.write(scalars.read_time("2026-11-20T10:00:00.987+01:00")) == "2026-11-20T09:00:00Z"
    assert scalars.write(scalars.read_time("2026-11-20")) == "2026-11-20T00:00:00Z"
    assert scalars.write(scalars.read_decimal("45.00")) == "45.00"
