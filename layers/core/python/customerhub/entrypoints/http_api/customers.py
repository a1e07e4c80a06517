"""`GET /api/customers/{customerId}`: one customer; an id from before a merge works on."""

from customerhub.app import CustomersApp
from customerhub.domain.ids import CustomerId
from customerhub.entrypoints.http_api import examples
from customerhub.entrypoints.http_api.customer_models import (
    CustomerBody,
    ReadCustomerBody,
    customer_fields,
    record_fields,
)
from customerhub.entrypoints.http_api.models import Body
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.errors import NotFound
from customerhub.ports import RateVerdict
from customerhub.services.get_customer import get_customer
from customerhub.services.list_shop_records import list_shop_records

MAX_ID_CHARACTERS = 64


class CustomerResponse(Body):
    """One customer."""

    customer: CustomerBody


class ReadCustomerResponse(Body):
    """One customer, with the records in shops."""

    customer: ReadCustomerBody


def read_customer(app: CustomersApp, request: Request) -> Response:
    """Answer one call."""
    customer_id = path_customer_id(request)

    def work(_: RateVerdict) -> Response:
        customer = get_customer(customer_id, request.caller, store=app.identities)
        links = list_shop_records(customer, links=app.links)
        records = [record_fields(link, request.caller) for link in links]
        shown = ReadCustomerBody.model_validate(customer_fields(customer) | {"records": records})
        body = ReadCustomerResponse(customer=shown)
        return Response(200, body.model_dump_json())

    return rated(app, request, f"id:{customer_id}", work)


def path_customer_id(request: Request) -> CustomerId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["customerId"]
    if len(text) > MAX_ID_CHARACTERS:
        raise NotFound("there is no such customer")
    return CustomerId(text)


GET_CUSTOMER = Route(
    "GET",
    "/api/customers/{customerId}",
    read_customer,
    summary="Read a customer",
    description="The customer of that id, or the one that it was merged into. A user reads the own record only.",
    path_parameters={"customerId": Parameter("A customer's id, also one from before a merge.")},
    answers={200: Documented("The customer.", ReadCustomerResponse, {"customer": examples.READ_CUSTOMER})},
)
