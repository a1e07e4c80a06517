"""`GET /api/customers`: search, and list."""

from customerhub.app import SearchApp
from customerhub.domain.customer import Customer
from customerhub.domain.page import Page
from customerhub.domain.search import MAX_CHARACTERS
from customerhub.entrypoints.http_api import examples
from customerhub.entrypoints.http_api.customer_models import CustomerBody, customer_fields
from customerhub.entrypoints.http_api.models import Body
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, Paging, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.ports import RateVerdict
from customerhub.services.list_customers import list_customers
from customerhub.services.search_customers import search_customers

PATH = "/api/customers"


class CustomersResponse(Body):
    """A page of customers; `nextCursor` is null on the last one."""

    customers: list[CustomerBody]
    next_cursor: str | None


def find_customers(app: SearchApp, request: Request) -> Response:
    """Answer one call."""
    text = request.query.get("q", "")

    def work(_: RateVerdict) -> Response:
        paging = read_paging(request, PATH, text)
        page = _find(app, request, text, paging)
        customers = [CustomerBody.model_validate(customer_fields(customer)) for customer in page.items]
        body = CustomersResponse(customers=customers, next_cursor=paging.cursor(page.after))
        return Response(200, body.model_dump_json())

    return rated(app, request, None, work)


def _find(app: SearchApp, request: Request, text: str, paging: Paging) -> Page[Customer]:
    if not text:
        return list_customers(request.caller, paging.after, paging.limit, directory=app.directory)
    return search_customers(
        text, request.caller, paging.after, paging.limit, identities=app.identities, directory=app.directory
    )


FIND_CUSTOMERS = Route(
    "GET",
    PATH,
    find_customers,
    summary="Search or list customers",
    description=(
        "Without `q` every customer, the last changed first. With it those whom it finds: by an e-mail, phone, auth "
        "user id or customer's id in any spelling, the owner first; then by the beginning of a name, `first last`, "
        "`last first` or `Last, First`, without regard to case, accents and apostrophes. A page may be shorter than "
        "`limit`; only a null `nextCursor` says that it is the last. For staff and service keys with customers:read."
    ),
    query={
        "q": Parameter(
            "What to search for. In a URL a plus sign is written `%2B`.", {"minLength": 0, "maxLength": MAX_CHARACTERS}
        ),
        **PAGE_PARAMETERS,
    },
    answers={200: Documented("The customers found.", CustomersResponse, examples.CUSTOMER_PAGES)},
)
