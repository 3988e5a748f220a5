"""Running the shipped scripts on the simulated repair VM."""

import pytest

from bootmend.guest.commands import GuestScript, execute_script, inspect_script
from bootmend.guest.output import read_progress
from bootmend.models.guest import Plan
from sandbox.windows.script_run import RUN_COMMAND_OUTPUT
from tests.windows.stage import Stage

INSPECT = inspect_script(0)
REFUSED = {
    "one byte more": INSPECT.model_copy(update={"script": INSPECT.script + "\n"}),
    "other line ends": INSPECT.model_copy(update={"script": INSPECT.script.replace("\n", "\r\n")}),
    "empty": INSPECT.model_copy(update={"script": ""}),
    "no parameter": INSPECT.model_copy(update={"parameters": {}}),
    "a parameter too many": INSPECT.model_copy(update={"parameters": {"Lun": "0", "Force": "1"}}),
    "not a number": INSPECT.model_copy(update={"parameters": {"Lun": "zero"}}),
    "a secret that it does not take": INSPECT.model_copy(update={"protected": {"Sas": "x"}}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    stage = Stage()
    run = stage.run(REFUSED[name])
    assert run.exit_code == 1
    assert run.error
    assert run.output_at(run.seconds) == ""
    assert stage.copy == stage.source


@pytest.mark.parametrize("plan", ["", "not base64!", "AAAA"])
def test_a_plan_that_cannot_be_read_is_refused(plan: str) -> None:
    stage = Stage()
    given = stage.plan()
    assert isinstance(given, Plan)
    script = execute_script(given)
    damaged = GuestScript(script=script.script, parameters={"Plan": plan}, timeout_seconds=60)
    assert stage.run(damaged).exit_code == 1


def test_progress_grows_and_the_output_stays_within_4096_bytes() -> None:
    stage = Stage()
    plan = stage.plan()
    assert isinstance(plan, Plan)
    run = stage.run(execute_script(plan))
    seen = []
    for second in range(int(run.seconds) + 2):
        output = run.output_at(second)
        assert len(output.encode()) <= RUN_COMMAND_OUTPUT
        progress = read_progress(output)
        if progress:
            seen.append((progress.done, progress.percent or 0))
    assert seen == sorted(seen)
    assert len({percent for _, percent in seen}) > 10
    assert seen[-1][0] == len(plan.commands) - 1
