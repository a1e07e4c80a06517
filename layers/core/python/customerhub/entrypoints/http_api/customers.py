"""`GET /api/customers/{customerId}`: one customer; an id from before a merge works on."""

from customerhub.app import App
from customerhub.domain.ids import CustomerId
from customerhub.entrypoints.http_api import examples
from customerhub.entrypoints.http_api.customer_models import CustomerBody, customer_fields
from customerhub.entrypoints.http_api.models import Body
from customerhub.entrypoints.http_api.rate_headers import rate_headers
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.errors import NotFound
from customerhub.services.get_customer import get_customer

MAX_ID_CHARACTERS = 64


class CustomerResponse(Body):
    """One customer."""

    customer: CustomerBody


def read_customer(app: App, request: Request) -> Response:
    """Answer one call; the rate counters run beside its read."""
    caller, text = request.caller, request.path["customerId"]
    if len(text) > MAX_ID_CHARACTERS:
        raise NotFound("there is no such customer")
    count = app.rate_limiter.count(caller.tenant.id, caller.credential, f"id:{text}", caller.calls_per_minute)
    try:
        customer = get_customer(CustomerId(text), caller, store=app.identities)
    finally:
        status = count.require()  # guesses at ids count too
    response = CustomerResponse(customer=CustomerBody.model_validate(customer_fields(customer)))
    return Response(200, response.model_dump_json(), rate_headers(status))


GET_CUSTOMER = Route(
    "GET",
    "/api/customers/{customerId}",
    read_customer,
    summary="Read a customer",
    description="The customer of that id, or the one that it was merged into. A user reads the own record only.",
    path_parameters={"customerId": Parameter("A customer's id, also one from before a merge.")},
    answers={200: Documented("The customer.", CustomerResponse, {"customer": examples.CUSTOMERS})},
)
