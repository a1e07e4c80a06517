"""Patches of any kind against a plain model of a JSON merge patch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.patches import named
from tests.support.till import Till, open_till

EMAILS = [f"{name}@example.com" for name in ("ann", "bob", "cid")]
PHONES = [f"+1707555010{n}" for n in range(3)]
NAMES = st.none() | st.sampled_from(["Ann", "Bob", ""])
WORDS = st.lists(st.sampled_from(["nuts", "milk", "eggs"]), max_size=3)
MAPS = st.dictionaries(st.sampled_from(["wine", "seat"]), st.sampled_from(["red", 1, True, None, 0.1, {"a": [1]}]))
IDENTIFIERS = st.lists(
    st.sampled_from([named("email", e) for e in EMAILS] + [named("phone", p) for p in PHONES]), max_size=3
)
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "firstName": NAMES,
        "lastName": NAMES,
        "allergies": st.none() | WORDS,
        "preferences": st.none() | WORDS | MAPS,
        "address": st.none()
        | st.dictionaries(st.sampled_from(["line1", "city", "country"]), st.none() | st.sampled_from(["A", "B"])),
        "email": st.sampled_from(EMAILS),
        "phone": st.sampled_from(PHONES),
        "addIdentifiers": IDENTIFIERS,
        "removeIdentifiers": IDENTIFIERS,
    },
)


@dataclass
class Model:
    """One person, as plain JSON. `identifiers` are in the order in which they came; `chosen` are to be shown first."""

    values: dict[str, Any] = field(
        default_factory=lambda: {
            "firstName": None,
            "lastName": None,
            "allergies": [],
            "preferences": [],
            "address": {},
        }
    )
    identifiers: list[tuple[str, str]] = field(default_factory=lambda: [("email", EMAILS[0])])
    chosen: dict[str, str] = field(default_factory=dict)

    def apply(self, patch: dict[str, Any]) -> bool:
        """Whether the patch can be; the model is as it wants then."""
        shown = {kind: patch[kind] for kind in ("email", "phone") if kind in patch}
        coming = [*shown.items(), *_pairs(patch.get("addIdentifiers", []))]
        going = _pairs(patch.get("removeIdentifiers", []))
        left = [pair for pair in dict.fromkeys([*self.identifiers, *coming]) if pair not in going]
        if not left or set(coming) & set(going):
            return False
        self.identifiers = left
        self.chosen = {k: v for k, v in self.chosen.items() if (k, v) in left} | shown
        self._apply_values(patch)
        return True

    def _apply_values(self, patch: dict[str, Any]) -> None:
        for name in ("firstName", "lastName"):
            self.values[name] = (patch[name] or None) if name in patch else self.values[name]
        if "allergies" in patch:
            self.values["allergies"] = list(dict.fromkeys(patch["allergies"] or []))
        if "preferences" in patch:
            self.values["preferences"] = patch["preferences"] if patch["preferences"] is not None else []
        if "address" in patch:
            merged = {} if patch["address"] is None else self.values["address"] | patch["address"]
            self.values["address"] = {part: line for part, line in merged.items() if line}

    def shown(self, kind: str) -> str | None:
        """What stands first of a kind."""
        return self.chosen.get(kind) or next((value for k, value in self.identifiers if k == kind), None)

    def as_answered(self) -> dict[str, Any]:
        """As the API shows it."""
        return self.values | {kind: self.shown(kind) for kind in ("email", "phone")}


def _pairs(identifiers: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(identifier["kind"], identifier["value"]) for identifier in identifiers]


def test_patches_do_what_a_plain_merge_patch_does(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2, property-based: after any patches the record is the model's, a refused one changes nothing,
    and a repeated one writes nothing."""

    @settings(max_examples=30, derandomize=True, deadline=None)
    @given(patches=st.lists(PATCHES, min_size=1, max_size=6))
    def check(patches: list[dict[str, Any]]) -> None:
        tables, model = fresh_tables(), Model()
        till = open_till(tables.client(), tables.names)
        account = till.manage(email=EMAILS[0]).id
        for patch in patches:
            _check_one(till, tables, account, model, patch)

    check()


def _check_one(till: Till, tables: DynamoDBTables, account: str, model: Model, patch: dict[str, Any]) -> None:
    accepted = model.apply(patch)
    assert till.patch(account, patch).status == (200 if accepted else 422)
    answered = till.get(account).customer
    expected = model.as_answered()
    assert {name: answered[name] for name in expected} == expected
    books = audit(tables)
    assert {(i.kind, i.value) for i in books.customers[account].identifiers} == set(model.identifiers)
    till.patch(account, patch)
    assert audit(tables).people == books.people
