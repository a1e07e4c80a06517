"""Examples of merges for the OpenAPI document; tests check them against the models."""

from typing import Any

from customerhub.entrypoints.http_api.examples import CUSTOMERS

_SURVIVOR = CUSTOMERS["customer"]["id"]
_OTHER = "0d3f6a14-58b1-4a0e-9d52-7a6b1c2d3e4f"
_MERGE = "01KAJB7V8N3Q4R5S6T7V8W9X0Y"
_REQUEST = "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b"
_BLOCK = {"code": "two_auth_users", "message": "each has an account with the identity provider"}

MERGE_REQUESTS: dict[str, Any] = {
    "look first": {"otherId": _OTHER, "dryRun": True},
    "merge": {"otherId": _OTHER},
}
MERGES: dict[str, Any] = {
    "merged": {
        "mergeId": _MERGE,
        "dryRun": False,
        "customer": CUSTOMERS["customer"],
        "absorbed": [_OTHER],
        "blocks": [],
        "fields": [
            {
                "field": "firstName",
                "value": "John",
                "takenFrom": [_SURVIVOR],
                "reason": "the survivor's own value wins",
            }
        ],
        "identifiers": [{"kind": "email", "value": "john@email.com", "grade": "asserted", "owned": True}],
        "records": [],
        "outside": [],
    },
}
MERGE_REFUSALS: dict[str, Any] = {
    "blocked": {
        "error": "Merge blocked",
        "message": f"they cannot be one customer: {_BLOCK['message']}",
        "code": "merge_blocked",
        "requestId": _REQUEST,
        "blocks": [_BLOCK],
    },
}
UNMERGE_REQUESTS: dict[str, Any] = {
    "the newest merge": {},
    "with an edit assigned": {"mergeId": _MERGE, "assign": {"allergy:nuts": _OTHER}},
}
_UNDOING: dict[str, Any] = {
    "mergeId": _MERGE,
    "dryRun": False,
    "customers": [CUSTOMERS["customer"]],
    "edits": [{"id": "allergy:nuts", "belongsTo": [_OTHER]}],
    "records": [],
    "unassigned": [],
    "takenBack": [],
}
UNMERGES: dict[str, Any] = {"undone": _UNDOING}
UNMERGE_REFUSALS: dict[str, Any] = {
    "somebody must tell": {
        "error": "Assignment needed",
        "message": "of some edits since the merge nobody can tell whose they are: name them in `assign`",
        "code": "assignment_needed",
        "requestId": _REQUEST,
        "unmerge": _UNDOING
        | {"dryRun": True, "edits": [{"id": "allergy:nuts", "belongsTo": []}], "unassigned": ["allergy:nuts"]},
    },
}
