"""`GET /api/customers/{customerId}/export`: everything that is kept of a person."""

import base64
import gzip
from collections.abc import Callable

from pydantic import Field, JsonValue

from customerhub.app import PrivacyApp
from customerhub.entrypoints.http_api import privacy_examples as examples
from customerhub.entrypoints.http_api.customers import path_customer_id
from customerhub.entrypoints.http_api.export_files import ExportFile, csv_file, json_file
from customerhub.entrypoints.http_api.export_rows import export_sections
from customerhub.entrypoints.http_api.models import Body
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.errors import InvalidInput
from customerhub.ports import ObjectStore, RateVerdict
from customerhub.services.export_customer import export_customer

MAX_ANSWER_BYTES = 4_400_000
"""Lambda's limit of 6 MB, in base64."""
FORMATS: dict[str, Callable[..., ExportFile]] = {"json": json_file, "csv": csv_file}
Rows = list[dict[str, JsonValue]]


class ExportBody(Body):
    """What is kept of a person, by kind. Records have whatever attributes they were stored with."""

    exported_at: str
    customer: dict[str, JsonValue] = Field(description="The profile, with ids from before merges and the household.")
    identifiers: Rows = Field(description="How far each is believed, from where, since when, owned or only carried.")
    claims: Rows = Field(description="Identifiers by which nobody else is found, and with how many they are shared.")
    links: Rows
    orders: Rows
    enrollments: Rows
    leads: Rows
    events: Rows
    merges: Rows = Field(description="Merges and their undoing, with what was the person's own before and after.")
    conflicts: Rows
    answers: Rows = Field(description="Answers that are kept for callers who repeat a request.")
    jobs: Rows = Field(description="What staff have set for shops and CRMs in place of the person's own values.")


class ExportResponse(Body):
    """One export."""

    export: ExportBody


def export_everything(app: PrivacyApp, request: Request) -> Response:
    """Answer one call."""
    customer_id, write = path_customer_id(request), _format(request)

    def work(_: RateVerdict) -> Response:
        export = export_customer(customer_id, request.caller, identities=app.identities, exports=app.exports)
        file = write(export_sections(export, request.caller), app.clock.now())
        return _delivered(file, request, app.objects)

    return rated(app, request, f"id:{customer_id}", work)


def _format(request: Request) -> Callable[..., ExportFile]:
    name = request.query.get("format", "json")
    if name not in FORMATS:
        raise InvalidInput(f"one of {', '.join(FORMATS)}", field="format")
    return FORMATS[name]


def _delivered(file: ExportFile, request: Request, objects: ObjectStore) -> Response:
    """At once where an answer holds it, else as a link to a file."""
    if file.gzipped and "gzip" not in (request.header("accept-encoding") or ""):
        if file.size <= MAX_ANSWER_BYTES:
            return Response(200, gzip.decompress(file.content).decode(), content_type=file.content_type)
    elif len(file.content) <= MAX_ANSWER_BYTES:
        return _binary(file)
    suffix, content_type = (".gz", "application/gzip") if file.gzipped else ("", file.content_type)
    url = objects.share(file.content, content_type, file.name + suffix)
    return Response(303, ExportLinkResponse(url=url).model_dump_json(), {"Location": url})


def _binary(file: ExportFile) -> Response:
    headers = {"Content-Encoding": "gzip"} if file.gzipped else {}
    if file.content_type != "application/json":
        headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    text = base64.b64encode(file.content).decode()
    return Response(200, text, {**headers, "Vary": "Accept-Encoding"}, file.content_type, is_base64=True)


class ExportLinkResponse(Body):
    """Where a large export can be fetched for ten minutes, without a credential: the URL is one. Also in `Location`."""

    url: str


EXPORT_CUSTOMER = Route(
    "GET",
    "/api/customers/{customerId}/export",
    export_everything,
    summary="Export everything about a person",
    description=(
        "All that is kept of the customer and of those who were merged into it, as one JSON document, or with "
        "`format=csv` as a zip of CSV files, where cells that a spreadsheet would take for formulas begin with an "
        "apostrophe. Beyond 4.4 MB, of a JSON compressed where the client accepts gzip, the answer is a 303 to the "
        "file, which is then `export.json.gz` or `export.zip`. For service keys and staff with customers:export; a "
        "user gets the own record only, without the ids of staff."
    ),
    path_parameters={"customerId": Parameter("A customer's id, also one from before a merge.")},
    query={"format": Parameter("`json` by default.", {"enum": list(FORMATS)})},
    answers={
        200: Documented("The export.", ExportResponse, examples.EXPORTS),
        303: Documented("The export is large.", ExportLinkResponse, examples.EXPORT_LINKS),
    },
    tag="Privacy",
)
