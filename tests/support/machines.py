"""How the state machines of hypothesis are run here: the same examples each time, and no search for smaller ones."""

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from infra.local.tables import DynamoDBTables


def run_machine(
    machine: type[RuleBasedStateMachine], fresh_tables: Callable[[], DynamoDBTables], *, examples: int, steps: int
) -> None:
    """Run `machine`, whose class finds `fresh_tables` as an attribute. Shrinking a failure would take minutes, since
    every step goes to the tables."""
    over_tables = type("OverTables", (machine,), {"fresh_tables": staticmethod(fresh_tables)})
    run_state_machine_as_test(
        over_tables,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
