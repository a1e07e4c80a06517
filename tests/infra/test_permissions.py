"""Each function may do what it does and nothing else: invariant 7, as far as IAM can hold it."""

import json
from typing import Any

import pytest

from customerhub import deployment
from customerhub.deployment import PEOPLE_INDEXES
from tests.infra.assembly import Assembly, Properties, logical_id

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
STREAM = {f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
SEND = {"sqs:SendMessage"}
WORK = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
MESSAGES = {"ses:SendEmail", "sns:Publish"}
FILES = {"s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListBucket"}
CREDENTIALS = {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}
READ_CREDENTIALS = {"secretsmanager:GetSecretValue"}
KEEP_CREDENTIALS = {"secretsmanager:CreateSecret"}
BESIDE_TABLES = LOG | STREAM | SEND | WORK | MESSAGES | FILES | CREDENTIALS | KEEP_CREDENTIALS

Grant = tuple[str, frozenset[str], str]


def grant(resource: str, actions: set[str], leading_keys: str) -> Grant:
    return resource, frozenset(actions), leading_keys


ERASING = {
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
}

OWING = {
    grant("WorkTable", {"dynamodb:Query"}, "T#*#INTEGRATIONS"),
    grant("WorkTable", {"dynamodb:BatchGetItem", "dynamodb:PutItem"}, "T#*#JOB#*"),
    grant("WorkTable", {"dynamodb:UpdateItem"}, "T#*#SYNC#*"),
}
"""What a change of a member is owed to, and the jobs that it is owed by."""


def people(*further: str) -> Grant:
    return grant("CustomersTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem", *further}, "T#*")


def work(*further: str) -> Grant:
    actions = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", *further}
    return grant("WorkTable", actions, "T#*")


QUERY, PUT, UPDATE = "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"
DELETE, CHECK = "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"

RECEIVING = {
    grant("WorkTable", {"dynamodb:GetItem"}, "SHOP#*"),
    grant("WorkTable", {"dynamodb:GetItem"}, "T#*#INTEGRATIONS"),
    grant("WorkTable", {PUT}, "T#*#DELIVERY#*"),
}
"""Who takes webhooks in sees whose they are, and may keep them: nothing of a person is open to it."""

TABLE_GRANTS = {
    deployment.AUTHORIZER: {grant("WorkTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem"}, "AUTH#*")},
    deployment.CUSTOMERS: {
        grant(
            "CustomersTable",
            {
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                "dynamodb:DeleteItem",
                "dynamodb:ConditionCheckItem",
            },
            "T#*",
        ),
        grant(
            "WorkTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
            "T#*",
        ),
        grant("WorkTable", {"dynamodb:Query"}, "T#*#INTEGRATIONS"),
    },
    deployment.CUSTOMER_SEARCH: {
        grant("CustomersTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}, "T#*"),
        *(grant(f"CustomersTable/index/{index.name}", {"dynamodb:Query"}, "T#*") for index in PEOPLE_INDEXES),
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.ANALYTICS: {
        grant("WorkTable", {"dynamodb:GetItem", "dynamodb:Query"}, "T#*#STATS#*"),
        grant("WorkTable", {"dynamodb:UpdateItem"}, "T#*#RATE#*"),
    },
    deployment.PROFILE_STREAM: {
        grant("WorkTable", {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, "T#*#STATS#*")
    },
    deployment.MERGES: {
        grant(
            "CustomersTable",
            {
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:ConditionCheckItem",
            },
            "T#*",
        ),
        *OWING,
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.CONFLICTS: {
        grant(
            "CustomersTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
            "T#*",
        ),
        grant("WorkTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"}, "T#*#CONFLICT#*"),
        grant("WorkTable/index/by_list", {"dynamodb:Query"}, "T#*#CONFLICTS#*"),
        *OWING,
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.VERIFICATIONS: {
        grant(
            "CustomersTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"},
            "T#*",
        ),
        grant("WorkTable", {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, "T#*"),
        *OWING,
    },
    deployment.PRIVACY: {
        grant("CustomersTable", ERASING, "T#*"),
        grant("WorkTable", ERASING, "T#*"),
        grant("WorkTable", {"dynamodb:UpdateItem"}, "T#*#SYNC#*"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#DELIVERIES#*"),
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.DUTIES: {
        grant("CustomersTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem"}, "T#*"),
        grant("CustomersTable/index/by_record", {QUERY}, "T#*"),
        grant("WorkTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem", PUT}, "T#*#DUTY#*"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#DUTIES#*"),
        grant("WorkTable", {UPDATE}, deployment.RATE_KEYS),
        grant("WorkTable", {"dynamodb:GetItem"}, "T#*#INTEGRATIONS"),
        grant("WorkTable", {"dynamodb:GetItem", PUT}, "T#*#CARE#*"),
    },
    deployment.CLEANUP: {
        grant("CustomersTable", ERASING, "T#*"),
        grant("WorkTable", ERASING, "T#*"),
        grant("WorkTable", {"dynamodb:UpdateItem"}, "T#*#SYNC#*"),
        grant("CustomersTable/index/by_activity", {"dynamodb:Query"}, "T#*"),
        grant("CustomersTable/index/by_record", {"dynamodb:Query"}, "T#*"),
        grant("WorkTable/index/by_list", {"dynamodb:Query"}, "ERASURES"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#DUTIES#*"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#DELIVERIES#*"),
        grant("WorkTable/index/by_due", {QUERY}, "DUTIES"),
        grant("WorkTable/index/by_due", {QUERY}, "DUTIES#STAFF"),
        grant("WorkTable", {"dynamodb:Query"}, "AUTH#TENANTS"),
        grant("WorkTable", {"dynamodb:GetItem"}, "AUTH#TENANT#*"),
    },
    deployment.API_DOCS: set(),
    deployment.CLUB: {
        people(QUERY, PUT, UPDATE, DELETE, CHECK),
        grant("CustomersTable/index/by_enrollment", {QUERY}, "T#*"),
        work(QUERY, DELETE),
    },
    deployment.IMPORTS: {people(QUERY), work(QUERY), grant("WorkTable/index/by_list", {QUERY}, "T#*#IMPORTS")},
    deployment.SYNC: {
        people(QUERY, PUT, CHECK),
        work(QUERY),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#JOBS#*"),
    },
    deployment.JOB_WORKER: {
        people(QUERY, PUT, DELETE, CHECK),
        grant("CustomersTable/index/by_enrollment", {QUERY}, "T#*"),
        work(QUERY, DELETE, "dynamodb:BatchWriteItem"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#JOBS#*"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#DELIVERIES#*"),
        grant("WorkTable", {"dynamodb:GetItem"}, "AUTH#TENANT#*"),
    },
    deployment.INTEGRATIONS: {
        work(QUERY, DELETE, CHECK),
        grant("WorkTable", {"dynamodb:GetItem", PUT}, "SHOP#*"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#DELIVERIES#*"),
        grant("WorkTable/index/by_list", {QUERY}, "T#*#RUNS*"),
    },
    deployment.IMPORT_WORKER: {
        people(QUERY, PUT, DELETE, CHECK),
        work(QUERY, DELETE),
        grant("WorkTable", {"dynamodb:GetItem"}, "AUTH#TENANT#*"),
    },
    deployment.WEBHOOKS: RECEIVING,
    deployment.WEBHOOK_EVENTS: RECEIVING,
    deployment.RUN_WORKER: {
        people(QUERY, PUT, UPDATE, DELETE, CHECK),
        grant("CustomersTable/index/by_record", {QUERY}, "T#*"),
        work(QUERY, DELETE),
        grant("WorkTable/index/by_list", {QUERY}, "T#*"),
        grant("WorkTable", {"dynamodb:GetItem"}, "AUTH#TENANT#*"),
    },
    deployment.INTEGRATION_CARE: {
        grant("WorkTable", {QUERY}, "AUTH#TENANTS"),
        *OWING,
        grant("WorkTable", {QUERY, PUT}, "T#*#CARE#*"),
    },
    deployment.DELIVERY_WORKER: {
        people(QUERY, PUT, UPDATE, DELETE, CHECK),
        work(QUERY, DELETE),
        grant("CustomersTable/index/by_record", {QUERY}, "T#*"),
        grant("WorkTable", {"dynamodb:GetItem"}, "AUTH#TENANT#*"),
    },
    deployment.JOB_SWEEP: {
        work(),
        grant("WorkTable/index/by_due", {QUERY}, "DUE#*"),
        grant("WorkTable/index/by_list", {QUERY}, "IMPORTS"),
        grant("WorkTable/index/by_list", {QUERY}, "RUNS"),
    },
}

SENDERS = {
    deployment.PROFILE_STREAM: {"ProfileStreamFailures"},
    deployment.CLUB: {"Jobs"},
    deployment.SYNC: {"Jobs"},
    deployment.IMPORTS: {"ImportRuns"},
    deployment.JOB_WORKER: {"Jobs", "Runs", "Deliveries"},
    deployment.INTEGRATIONS: {"Jobs", "Runs", "Deliveries"},
    deployment.IMPORT_WORKER: {"Jobs", "ImportRuns"},
    deployment.JOB_SWEEP: {"Jobs", "ImportRuns", "Deliveries", "Runs"},
    deployment.RUN_WORKER: {"Runs", "Jobs"},
    deployment.INTEGRATION_CARE: {"Runs", "Jobs"},
    deployment.WEBHOOKS: {"Deliveries"},
    deployment.WEBHOOK_EVENTS: {"Deliveries"},
    deployment.DELIVERY_WORKER: {"Deliveries", "Jobs"},
}
CREDENTIAL_USERS = {
    deployment.INTEGRATIONS: CREDENTIALS | KEEP_CREDENTIALS,
    deployment.JOB_WORKER: CREDENTIALS,
    deployment.WEBHOOKS: READ_CREDENTIALS,
    deployment.WEBHOOK_EVENTS: READ_CREDENTIALS,
    deployment.DELIVERY_WORKER: CREDENTIALS,
    deployment.RUN_WORKER: CREDENTIALS,
}
"""Function to what it may do with credentials: a signature is checked with them as they are."""
WORKERS = {
    deployment.JOB_WORKER: {"Jobs"},
    deployment.IMPORT_WORKER: {"ImportRuns"},
    deployment.WEBHOOK_EVENTS: {"WebhookEventsQueue"},
    deployment.DELIVERY_WORKER: {"Deliveries"},
    deployment.RUN_WORKER: {"Runs"},
}
"""Function to the queues that it puts messages into, and that Lambda hands it messages of."""


def test_every_function_is_listed_here(deployed: Assembly) -> None:
    assert deployed.functions().keys() == TABLE_GRANTS.keys()


@pytest.mark.parametrize("name", TABLE_GRANTS)
def test_invariant_7_a_function_reads_and_writes_its_own_keys_only(deployed: Assembly, name: str) -> None:
    statements = [s for s in statements_of(deployed, name) if not actions_of(s) <= BESIDE_TABLES]
    assert {found for s in statements for found in grants(s)} == TABLE_GRANTS[name]


@pytest.mark.parametrize("name", TABLE_GRANTS)
def test_one_function_follows_the_customers(deployed: Assembly, name: str) -> None:
    found = [s for s in statements_of(deployed, name) if actions_of(s) & STREAM]
    assert [actions_of(s) for s in found] == ([STREAM] if name == deployment.PROFILE_STREAM else [])
    for statement in found:
        resource, attribute = statement["Resource"]["Fn::GetAtt"]
        assert (resource[:-8], attribute) == ("CustomersTable", "StreamArn")


@pytest.mark.parametrize("name", TABLE_GRANTS)
@pytest.mark.parametrize(("actions", "queues"), [(SEND, SENDERS), (WORK, WORKERS)], ids=["send", "work"])
def test_a_function_uses_its_own_queues_only(
    deployed: Assembly, name: str, actions: set[str], queues: dict[str, set[str]]
) -> None:
    found = [s for s in statements_of(deployed, name) if actions_of(s) & actions]
    assert all(actions_of(s) == actions for s in found)
    assert {queue_name(s["Resource"]) for s in found} == queues.get(name, set())


def queue_name(resource: Properties) -> str:
    name, attribute = resource["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(name[:-8])


def test_few_functions_use_the_credentials_of_integrations_and_none_another_secret(deployed: Assembly) -> None:
    using = {name: [s for s in statements_of(deployed, name) if actions_of(s) & CREDENTIALS] for name in TABLE_GRANTS}
    assert {name for name, statements in using.items() if statements} == CREDENTIAL_USERS.keys()
    for name, allowed in CREDENTIAL_USERS.items():
        (statement,) = using[name]
        assert actions_of(statement) == allowed
        assert json.dumps(statement["Resource"]).endswith(':secret:customerhub/*"]]}')


@pytest.mark.parametrize("name", TABLE_GRANTS)
def test_a_function_writes_to_its_own_log_only(deployed: Assembly, name: str) -> None:
    (statement,) = [s for s in statements_of(deployed, name) if actions_of(s) <= LOG]
    log_group = deployed.functions()[name]["LoggingConfig"]["LogGroup"]
    assert logical_id(statement["Resource"]) == logical_id(log_group)


ALERT_PUBLISHERS = {
    deployment.JOB_WORKER,
    deployment.INTEGRATIONS,
    deployment.DELIVERY_WORKER,
    deployment.RUN_WORKER,
    deployment.INTEGRATION_CARE,
    deployment.DUTIES,
    deployment.CLEANUP,
}
"""They raise alerts about integrations."""


def test_messages_to_people_are_sent_in_one_name(deployed: Assembly) -> None:
    """E-mails from the address of the deployment; text messages to telephone numbers. No topic may be published to but
    that of alerts."""
    sending = {name: [s for s in statements_of(deployed, name) if actions_of(s) & MESSAGES] for name in TABLE_GRANTS}
    alerting = {name: [s for s in found if is_alerting(deployed, s)] for name, found in sending.items()}
    assert {name for name, found in alerting.items() if found} == ALERT_PUBLISHERS
    sending = {name: [s for s in found if s not in alerting[name]] for name, found in sending.items()}
    codes, welcomes = sending.pop(deployment.VERIFICATIONS), sending.pop(deployment.JOB_WORKER)
    assert not any(sending.values())
    email, text = codes
    environment = deployed.functions()[deployment.VERIFICATIONS]["Environment"]["Variables"]
    assert email["Condition"] == {"StringEquals": {"ses:FromAddress": environment[deployment.MAIL_FROM_VARIABLE]}}
    assert json.dumps(email["Resource"]).endswith(':identity/*"]]}')
    assert text == {"Action": "sns:Publish", "Effect": "Allow", "NotResource": "arn:*:sns:*:*:*"}
    assert welcomes == [email]


def is_alerting(deployed: Assembly, statement: Properties) -> bool:
    """Whether it allows to publish alerts, and nothing else."""
    topic = next(name for name in deployed.of_type("AWS::SNS::Topic") if name.startswith("Alerts"))
    return statement == {"Action": "sns:Publish", "Effect": "Allow", "Resource": {"Ref": topic}}


def test_a_function_keeps_files_in_its_own_bucket_alone(deployed: Assembly) -> None:
    keeping = {name: [s for s in statements_of(deployed, name) if actions_of(s) & FILES] for name in TABLE_GRANTS}
    assert {name for name, statements in keeping.items() if statements} == FILE_KEEPERS.keys()
    for name, variable in FILE_KEEPERS.items():
        bucket = logical_id(deployed.functions()[name]["Environment"]["Variables"][variable])
        whole = {"Fn::GetAtt": [bucket, "Arn"]}
        files, *listing = keeping[name]
        assert files["Resource"] == {"Fn::Join": ["", [whole, "/*"]]}
        assert actions_of(files) <= FILES - {"s3:ListBucket"}
        assert [(actions_of(s), s["Resource"]) for s in listing] in ([], [({"s3:ListBucket"}, whole)])


FILE_KEEPERS = {
    deployment.PRIVACY: deployment.EXPORTS_BUCKET_VARIABLE,
    deployment.IMPORTS: deployment.IMPORTS_BUCKET_VARIABLE,
    deployment.IMPORT_WORKER: deployment.IMPORTS_BUCKET_VARIABLE,
}


def test_no_two_functions_share_a_role(deployed: Assembly) -> None:
    roles = [logical_id(function["Role"]) for function in deployed.functions().values()]
    assert len(set(roles)) == len(roles)


def test_nothing_else_grants_anything(deployed: Assembly) -> None:
    assert not [role for role in deployed.of_type("AWS::IAM::Role").values() if "ManagedPolicyArns" in role]
    types = {resource["Type"] for resource in deployed.resources.values()}
    assert not types & {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"}


def statements_of(assembly: Assembly, name: str) -> list[Properties]:
    role = assembly.resources[logical_id(assembly.functions()[name]["Role"])]["Properties"]
    assert [policy["PolicyName"] for policy in role["Policies"]] == ["Access"]
    statements: list[Properties] = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return statements


def actions_of(statement: Properties) -> set[str]:
    actions = statement["Action"]
    return {actions} if isinstance(actions, str) else set(actions)


def grants(statement: Properties) -> list[Grant]:
    """Fails unless the condition is the one that holds for no request without keys."""
    condition = statement["Condition"]
    leading_keys: str = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"][0]
    assert condition == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [grant(resource_name(resource), actions_of(statement), leading_keys) for resource in resources]


def resource_name(resource: Any) -> str:
    """A table, without the hash that CloudFormation's logical ids end with, and the index of it that is meant."""
    index = resource["Fn::Join"][1][-1] if "Fn::Join" in resource else ""
    return logical_id(resource)[:-8] + index
