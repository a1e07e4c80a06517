"""The rows of a spreadsheet, each brought to its customer, and what became of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from customerhub.domain.caller import TrustedCaller
from customerhub.domain.changes import Changes
from customerhub.domain.club import Terms
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.contact import Contact, read_contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer, IdempotencyKey, idempotency_key, to_keep
from customerhub.domain.identifier import Kind
from customerhub.domain.ids import ImportId, IntegrationId, StageId
from customerhub.domain.imports.grouping import in_groups
from customerhub.domain.imports.layout import Layout
from customerhub.domain.imports.mapping import ColumnFields, is_blank, read_row
from customerhub.domain.imports.reader import Row
from customerhub.domain.imports.verdict import RowVerdict, from_verdicts, to_verdicts
from customerhub.domain.job import Job
from customerhub.domain.names import is_telling, names_differ
from customerhub.domain.stage import Stage
from customerhub.domain.verdict import Verdict
from customerhub.errors import Gone, InvalidInput, Refused, RetryLater, StateConflict
from customerhub.ports import IdentityStore
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts, Enrolled
from customerhub.services.enroll_contact import enroll_contact
from customerhub.services.owe_sync import owe_sync
from customerhub.services.resolve_identity import Also, Resolved, resolve_identity
from customerhub.services.share_household import HeldConflicts, ShareHousehold

TRIES = 5
"""Of one row, while something does not answer; after that the page is left for later."""
OPERATION = "import"

Outcome = Resolved | Enrolled | Conflict


@dataclass(frozen=True)
class RowsOfImport:
    """What all rows of one import share.

    `stages` are the tenant's, `stage` whom a row without one is enrolled in; `integrations` the active ones.
    `unforeseen` is told of a fault that nobody foresaw, with the number of the row. `keeps_answers` is false for a
    preview, in which nothing is written and nothing repeated.
    """

    import_id: ImportId
    caller: TrustedCaller
    layout: Layout
    columns: ColumnFields
    source: str
    stages: Mapping[StageId, Stage]
    integrations: tuple[IntegrationId, ...]
    parts: ClubParts
    stage: StageId | None = None
    may_move: bool = False
    keeps_answers: bool = True
    unforeseen: Callable[[Exception, int], object] = lambda *_: None
    jobs: list[Job] = field(default_factory=list)
    """Those that the rows have come to owe, and that nobody was told of yet."""


@dataclass(frozen=True)
class _Person:
    """A row that names somebody."""

    row: int
    contact: Contact
    stage: Stage | None


def import_rows(rows: Sequence[Row], about: RowsOfImport, threads: Executor) -> list[RowVerdict]:
    """The verdict on each row, in order; each row is worked once, however often it is asked for.

    Rows that name the same identifier are worked in their order, the others side by side. Raises RetryLater where the
    store does not answer: some of the rows may have been worked by then, and have their verdicts kept.
    """
    read = [_read(row, about) for row in rows]
    people = [(one, one.contact.keys) for one in read if isinstance(one, _Person)]
    groups = in_groups(people)
    worked = [
        verdict for verdicts in threads.map(lambda group: _work_group(group, about), groups) for verdict in verdicts
    ]
    return sorted([*worked, *(one for one in read if isinstance(one, RowVerdict))], key=lambda verdict: verdict.row)


def contacts_of(rows: Iterable[Row], about: RowsOfImport) -> list[Contact]:
    """Whom the rows name, as far as they can be read."""
    return [one.contact for one in (_read(row, about) for row in rows) if isinstance(one, _Person)]


def _read(row: Row, about: RowsOfImport) -> _Person | RowVerdict:
    if is_blank(row):
        return RowVerdict(row.number, Verdict.SKIPPED, "empty_row")
    try:
        said = read_row(row, about.columns, about.layout, source=about.source)
        contact = read_contact(said.statement, about.caller, about.parts.clock.now())
        return _Person(row.number, contact, _stage(said.stage, about))
    except Refused as refusal:
        return _refused(row.number, refusal)


def _stage(name: str | None, about: RowsOfImport) -> Stage | None:
    """Whom the row names is enrolled there. Raises InvalidInput for a stage that nobody enters."""
    if not name:
        return about.stages[about.stage] if about.stage else None
    wanted = " ".join(name.split()).casefold()
    found = next((s for s in about.stages.values() if not s.archived and s.name.casefold() == wanted), None)
    if not found:
        raise InvalidInput("there is no stage of that name", code="unknown_stage", field="stage")
    return found


def _work_group(group: Sequence[_Person], about: RowsOfImport) -> list[RowVerdict]:
    return [_work(person, about, is_alone=len(group) == 1) for person in group]


def _work(person: _Person, about: RowsOfImport, *, is_alone: bool) -> RowVerdict:
    for tried in range(1, TRIES + 1):
        try:
            return _settle(person, about, is_alone=is_alone)
        except RetryLater as fault:
            if tried == TRIES:
                raise
            about.parts.clock.sleep(min(fault.retry_after_s, 0.1 * 2**tried))
        except Refused as refusal:
            return _refused(person.row, refusal)
        except Exception as error:
            about.unforeseen(error, person.row)
            return RowVerdict(person.row, Verdict.FAILED, "internal_error")
    raise AssertionError("the last try returns or raises")


def _refused(row: int, refusal: Refused) -> RowVerdict:
    if isinstance(refusal, Gone):
        return RowVerdict(row, Verdict.SKIPPED, refusal.code, refusal.field)
    verdict = Verdict.CONFLICT if isinstance(refusal, StateConflict) else Verdict.FAILED
    return RowVerdict(row, verdict, refusal.code, refusal.field)


def _settle(person: _Person, about: RowsOfImport, *, is_alone: bool) -> RowVerdict:
    """Once, however often it is repeated. An answer is kept where something was written, and where a later row may
    change the same customer: repeated after that one, this row would bring back what it says."""
    key = _key(person.row, about) if about.keeps_answers else None

    def attempt() -> RowVerdict:
        verdict = _bring_in(person, about, key)
        if key and not is_alone and verdict.verdict is Verdict.UNCHANGED and verdict.customer:
            answer = Answer(200, from_verdicts([verdict]))
            kept = to_keep(answer, key, [verdict.customer], about.parts.clock.now())
            if kept:
                about.parts.identities.put_answer_if_absent(kept)
        return verdict

    return attempts(about.parts.clock, attempt)


def _key(row: int, about: RowsOfImport) -> IdempotencyKey:
    tenant, credential = about.caller.tenant.id, about.caller.credential
    text = f"{about.import_id}#{row}"
    key = idempotency_key(text, tenant=tenant, credential=credential, operation=OPERATION, request=None)
    return replace(key, changes_only=True)


def _bring_in(person: _Person, about: RowsOfImport, key: IdempotencyKey | None) -> RowVerdict:
    """Find, create or change, and enroll. Somebody else behind a known phone is a customer of their own, who shares the
    phone in one household; that is recorded for staff to look at."""
    held = HeldConflicts(about.parts.identities)
    first = replace(about, parts=replace(about.parts, identities=cast("IdentityStore", held)))
    found: list[Conflict] = []
    (verdict,) = to_verdicts(_answer(person, first, key, notice=found.append).body, person.row)
    if not (found and _is_another_person(person.contact, found[-1])):
        held.let_go(about.caller.tenant)
        return verdict
    shared = replace(person, contact=replace(person.contact, same_person=False))
    sharing = ShareHousehold(about.caller.tenant, found[-1], about.parts.identities)
    answer = _answer(shared, about, key, also=sharing.also, code=found[-1].kind)
    (verdict,) = to_verdicts(answer.body, person.row)
    return verdict


def _answer(
    person: _Person,
    about: RowsOfImport,
    key: IdempotencyKey | None,
    *,
    also: Also | None = None,
    code: str | None = None,
    notice: Callable[[Conflict], object] = lambda _: None,
) -> Answer:
    """The verdict, as it is kept; one without a code of its own has `code`. `notice` hears of a conflict."""

    def present(outcome: Outcome) -> Answer:
        if isinstance(outcome, Conflict):
            notice(outcome)
        verdict = _verdict(person.row, outcome)
        return Answer(200, from_verdicts([verdict if verdict.code else replace(verdict, code=code)]))

    now = about.parts.clock.now()
    circumstances = _circumstances(person.row, about, now)
    if person.stage:
        terms = Terms(person.stage, about.integrations, how="import", may_move=about.may_move)
        done = enroll_contact(
            person.contact,
            terms,
            about.caller,
            circumstances,
            parts=about.parts,
            present=present,
            key=key,
            also=also or _as_it_is,
        )
        about.jobs.extend(done.jobs)
        return done.answer
    return resolve_identity(
        person.contact,
        about.caller,
        circumstances,
        store=about.parts.identities,
        clock=about.parts.clock,
        present=present,
        key=key,
        also=_one_after_the_other(also, owe_sync(about.integrations, parts=about.parts, notice=about.jobs.extend)),
    )


def _as_it_is(customer: Customer, changes: Changes) -> tuple[Customer, Changes]:
    return customer, changes


def _one_after_the_other(first: Also | None, second: Also) -> Also:
    return lambda customer, changes: second(*(first(customer, changes) if first else (customer, changes)))


def _circumstances(row: int, about: RowsOfImport, now: datetime) -> Circumstances:
    return Circumstances(about.caller.credential, about.source, f"import-{about.import_id}-{row}", now)


def _is_another_person(contact: Contact, conflict: Conflict) -> bool:
    """Whether the row names somebody else than the holders of its phone: by another e-mail and another first name."""
    if conflict.kind is ConflictKind.SHARED_PHONE:
        return True
    email = contact.identifier(Kind.EMAIL)
    if email is None:
        return False
    names = (customer.first_name for customer in conflict.customers if not customer.carries(email.key))
    return (
        conflict.kind is ConflictKind.WHICH_PERSON
        and is_telling(contact.first_name)
        and all(names_differ(contact.first_name, name) for name in names)
    )


_ABOUT = {ConflictKind.SHARED_PHONE: "phone", ConflictKind.WHICH_PERSON: "phone"}


def _verdict(row: int, outcome: Outcome) -> RowVerdict:
    if isinstance(outcome, Conflict):
        customer = outcome.customers[0].id if len(outcome.customers) == 1 else None
        return RowVerdict(row, Verdict.CONFLICT, outcome.kind, _ABOUT.get(outcome.kind), customer)
    if isinstance(outcome, Enrolled):
        is_new, changed = outcome.is_new_customer, outcome.changed
    else:
        is_new, changed = outcome.is_new, outcome.changed
    verdict = Verdict.CREATED if is_new else Verdict.UPDATED if changed else Verdict.UNCHANGED
    return RowVerdict(row, verdict, customer=outcome.customer.id)
