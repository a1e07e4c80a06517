"""Pull the customers of `tests.bench.pulls_shop` with one peer, alone in its process; prints JSON.

Runs in an environment that has that peer and nothing of the hub's. What a peer reads is thrown away, but for dlt, which
writes files: each as it comes, pointed at the loopback.
"""

import importlib
import io
import json
import os
import resource as usage
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

load: Callable[[str], Any] = importlib.import_module
SINCE = "2026-10-31T00:00:00Z"
ROWS = 250
QUERY = """
query Customers($first: Int!, $after: String, $query: String) {
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes {
      id firstName lastName createdAt updatedAt tags state
      defaultEmailAddress { emailAddress marketingState }
      defaultPhoneNumber { phoneNumber marketingState }
      defaultAddress { address1 address2 city provinceCode zip countryCodeV2 company }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
PATH = "/admin/api/2026-10/graphql.json"


class Nowhere(io.TextIOWrapper):
    """Where taps write to."""

    def __init__(self) -> None:
        super().__init__(open(os.devnull, "wb"), encoding="utf-8")  # noqa: SIM115 - closed with this


def tap_shopify(shop: str) -> None:
    """Singer's own, with all the fields that it knows, its schema and its state."""
    tap, base, context = load("tap_shopify"), load("tap_shopify.streams.base"), load("tap_shopify.context").Context
    shopify = load("shopify")
    execute = shopify.GraphQL.execute

    def rerouted(self: Any, *args: Any, **named: Any) -> Any:
        self.endpoint = shop + PATH
        return execute(self, *args, **named)

    shopify.GraphQL.execute = rerouted
    shopify.ShopifyResource.activate_session(shopify.Session("bench.myshopify.com", "2025-10", "token"))
    context.config = {"start_date": SINCE, "shop": "bench", "date_window_size": 60}
    entry: dict[str, Any] = {"stream": "customers", "tap_stream_id": "customers", "key_properties": ["id"]}
    entry["replication_key"] = "updatedAt"
    entry["schema"] = tap.load_schemas()["customers"]
    entry["metadata"] = [{"breadcrumb": [], "metadata": {"selected": True}}] + [
        {"breadcrumb": ["properties", name], "metadata": {"selected": True, "inclusion": "available"}}
        for name in entry["schema"]["properties"]
    ]
    context.catalog, context.state = {"streams": [entry]}, {}
    shop_words = dict.fromkeys(tap.SDC_KEYS, "bench")
    tap.initialize_shopify_client = lambda: shop_words
    base.LOGGER.setLevel("ERROR")
    with redirect_stdout(Nowhere()):
        tap.sync()


def dlt(shop: str) -> None:
    """A resource of our own, as its documentation has them: incremental by updatedAt, into files of JSON lines."""
    library = load("dlt")
    session = load("dlt.sources.helpers.requests").Client().session

    since = library.sources.incremental("updatedAt", initial_value=SINCE)

    def customers(changed: Any = since) -> Any:
        after = None
        while True:
            asked = {"first": ROWS, "after": after, "query": f"updated_at:>='{changed.last_value}'"}
            page = session.post(shop + PATH, json={"query": QUERY, "variables": asked}).json()["data"]["customers"]
            yield page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    with tempfile.TemporaryDirectory() as directory:
        files = library.destinations.filesystem(bucket_url=f"file://{directory}/files")
        pipeline = library.pipeline("bench", destination=files, dataset_name="shop", pipelines_dir=f"{directory}/work")
        resource = library.resource(customers, name="customers", primary_key="id", write_disposition="append")
        pipeline.run(resource(), loader_file_format="jsonl")


def airbyte(shop: str) -> None:
    """Airbyte's own, by REST, each record typed by its schema and written as a message."""
    requests, models = load("requests"), load("airbyte_cdk.models")
    send = requests.Session.send

    def rerouted(self: Any, request: Any, **named: Any) -> Any:
        request.url = request.url.replace("https://bench.myshopify.com", shop)
        return send(self, request, **named)

    requests.Session.send = rerouted
    source = load("source_shopify.source").SourceShopify()
    credentials = {"auth_method": "api_password", "api_password": "token"}
    config = {"shop": "bench", "credentials": credentials, "start_date": SINCE[:10]}
    stream = next(one for one in source.streams(config) if one.name == "customers")
    catalog = models.ConfiguredAirbyteCatalog(
        streams=[
            models.ConfiguredAirbyteStream(
                stream=stream.as_airbyte_stream(),
                sync_mode=models.SyncMode.incremental,
                destination_sync_mode=models.DestinationSyncMode.append,
            )
        ]
    )
    logger = load("logging").getLogger("airbyte")
    with Nowhere() as out:
        for message in source.read(logger, config, catalog, []):
            out.write(models.AirbyteMessageSerializer.dump(message).__repr__())


def singer_sdk(shop: str) -> None:
    """The smallest tap that there can be."""
    sdk, typing = load("singer_sdk"), load("singer_sdk.typing")
    words = [typing.Property(name, typing.StringType) for name in ("id", "firstName", "lastName", "createdAt", "state")]
    parts = ("address1", "address2", "city", "provinceCode", "zip", "countryCodeV2", "company")
    address = typing.ObjectType(*(typing.Property(name, typing.StringType) for name in parts))
    email = typing.ObjectType(*(typing.Property(n, typing.StringType) for n in ("emailAddress", "marketingState")))
    phone = typing.ObjectType(*(typing.Property(n, typing.StringType) for n in ("phoneNumber", "marketingState")))
    properties = typing.PropertiesList(
        *words,
        typing.Property("updatedAt", typing.DateTimeType),
        typing.Property("tags", typing.ArrayType(typing.StringType)),
        typing.Property("defaultEmailAddress", email),
        typing.Property("defaultPhoneNumber", phone),
        typing.Property("defaultAddress", address),
    )

    class Customers(sdk.GraphQLStream):  # type: ignore[misc, name-defined]
        name, primary_keys, replication_key = "customers", ("id",), "updatedAt"
        url_base, path, query = shop, PATH, QUERY
        records_jsonpath = "$.data.customers.nodes[*]"
        next_page_token_jsonpath = "$.data.customers.pageInfo.endCursor"
        schema = properties.to_dict()

        def get_url_params(self, _: Any, next_page_token: Any) -> dict[str, Any]:
            return {"first": ROWS, "after": next_page_token}

    class Tap(sdk.Tap):  # type: ignore[misc, name-defined]
        name = "tap-bench"
        config_jsonschema = typing.PropertiesList().to_dict()

        def discover_streams(self) -> list[Any]:
            return [Customers(self)]

    with redirect_stdout(Nowhere()):
        Tap(config={}, parse_env_config=False).sync_all()


def bare(shop: str) -> None:
    """A loop with httpx, a page validated at once by pydantic; nothing is kept."""
    httpx, models = load("httpx"), load("pydantic")
    text, optional = str, str | None
    email = models.create_model("Email", emailAddress=(text, ...), marketingState=(optional, None))
    phone = models.create_model("Phone", phoneNumber=(text, ...), marketingState=(optional, None))
    parts = ("address1", "address2", "city", "provinceCode", "zip", "countryCodeV2", "company")
    address = models.create_model("Address", **dict.fromkeys(parts, (optional, None)))
    words = dict.fromkeys(("firstName", "lastName", "createdAt", "updatedAt", "state"), (optional, None))
    node = models.create_model(
        "Customer",
        id=(text, ...),
        tags=(list[str], ...),
        defaultEmailAddress=(email | None, None),
        defaultPhoneNumber=(phone | None, None),
        defaultAddress=(address | None, None),
        **words,
    )
    info = models.create_model("PageInfo", hasNextPage=(bool, ...), endCursor=(optional, None))
    nodes = list.__class_getitem__(node)
    page = models.create_model("Page", nodes=(nodes, ...), pageInfo=(info, ...))
    data = models.create_model("Data", customers=(page, ...))
    answer = models.create_model("Answer", data=(data, ...))
    after = None
    with httpx.Client(trust_env=False) as client:
        while True:
            asked = {"query": QUERY, "variables": {"first": ROWS, "after": after}}
            customers = answer.model_validate_json(client.post(shop + PATH, json=asked).content).data.customers
            after = customers.pageInfo.endCursor
            if not customers.pageInfo.hasNextPage:
                return


PULLERS: dict[str, Callable[[str], None]] = {
    "tap-shopify": tap_shopify,
    "dlt": dlt,
    "airbyte-source-shopify": airbyte,
    "singer-sdk": singer_sdk,
    "bare": bare,
}


def main(name: str, shop: str) -> None:
    """Measure and print. What a peer loads at its start is part of its CPU time and not of its speed."""
    PULLERS[name](shop)
    ended_at = time.time()
    used = [usage.getrusage(who) for who in (usage.RUSAGE_SELF, usage.RUSAGE_CHILDREN)]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in used)
    print(json.dumps({"ended_at": ended_at, "cpu_s": cpu_s, "peak_mb": max(one.ru_maxrss for one in used) / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
