"""Letting a state machine loose: whatever is done in whatever order, what it says of the world must hold."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def always_holds(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Run the machine so many times with so many steps each, the same ones every time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],  # making a failure smaller would take minutes
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
