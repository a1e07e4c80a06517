"""What is stored survives mistakes, expires when it should, and is read by nobody else."""

import pytest

from customerhub import deployment
from tests.infra.assembly import Assembly, Properties, logical_id


def tables(assembly: Assembly) -> dict[str, Properties]:
    found = assembly.of_type("AWS::DynamoDB::Table")
    assert len(found) == 2
    return found


def test_every_table_can_be_restored_to_any_second(deployed: Assembly) -> None:
    for table in tables(deployed).values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_every_table_is_encrypted_with_a_key_whose_use_is_logged(deployed: Assembly) -> None:
    for table in tables(deployed).values():
        assert table["SSESpecification"] == {"SSEEnabled": True}


def test_every_table_lets_items_expire(deployed: Assembly) -> None:
    for table in tables(deployed).values():
        assert table["TimeToLiveSpecification"] == {"AttributeName": deployment.TTL_ATTRIBUTE, "Enabled": True}


def test_no_table_is_deleted_by_mistake(deployed: Assembly) -> None:
    for name, table in tables(deployed).items():
        assert table["DeletionProtectionEnabled"] is True
        assert deployed.resources[name]["DeletionPolicy"] == "Retain"
        assert deployed.resources[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("variable", "indexes"),
    [
        (deployment.CUSTOMERS_TABLE_VARIABLE, deployment.CUSTOMERS_INDEXES),
        (deployment.WORK_TABLE_VARIABLE, deployment.WORK_INDEXES),
    ],
)
def test_the_indexes_are_those_that_the_library_queries(
    deployed: Assembly, variable: str, indexes: tuple[deployment.Index, ...]
) -> None:
    table = deployed.resources[table_of(deployed, variable)]["Properties"]
    found = {
        (
            index["IndexName"],
            *(key["AttributeName"] for key in index["KeySchema"]),
            index["Projection"]["ProjectionType"],
        )
        for index in table["GlobalSecondaryIndexes"]
    }
    assert found == {(index.name, *index.attributes, "KEYS_ONLY") for index in indexes}


def test_every_log_is_kept_for_a_limited_time(deployed: Assembly) -> None:
    for log_group in deployed.of_type("AWS::Logs::LogGroup").values():
        assert log_group["RetentionInDays"] <= 30


def test_every_function_and_the_api_write_to_such_a_log(deployed: Assembly) -> None:
    (stage,) = deployed.of_type("AWS::ApiGatewayV2::Stage").values()
    logs = [logical_id(function["LoggingConfig"]["LogGroup"]) for function in deployed.functions().values()]
    logs.append(logical_id(stage["AccessLogSettings"]["DestinationArn"]))
    assert sorted(logs) == sorted(deployed.of_type("AWS::Logs::LogGroup"))


def test_invariant_8_no_secret_is_in_an_environment(deployed: Assembly) -> None:
    plain = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", deployment.MAIL_FROM_VARIABLE}
    references = {
        deployment.CUSTOMERS_TABLE_VARIABLE,
        deployment.WORK_TABLE_VARIABLE,
        deployment.EXPORTS_BUCKET_VARIABLE,
        deployment.JOBS_QUEUE_VARIABLE,
        deployment.IMPORTS_QUEUE_VARIABLE,
        deployment.IMPORTS_BUCKET_VARIABLE,
        deployment.DELIVERIES_QUEUE_VARIABLE,
        deployment.RUNS_QUEUE_VARIABLE,
        deployment.ALERTS_TOPIC_VARIABLE,
        deployment.PUBLIC_URL_VARIABLE,
    }
    for function in deployed.functions().values():
        for name, value in function["Environment"]["Variables"].items():
            assert name in (plain if isinstance(value, str) else references)


def table_of(assembly: Assembly, variable: str) -> str:
    return logical_id(assembly.functions()[deployment.CUSTOMERS]["Environment"]["Variables"][variable])
