"""What a caller may ask for, and what is refused with the field that is wrong."""

import json
from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from bootmend.models.repair import DECISIONS, CheckpointName, CheckpointPolicy, Decision, Policy, RepairRequest
from tests.core.facts import DISK_ID, GROUP_ID, SUBSCRIPTION, VM_ID


def wrong_fields(error: ValidationError) -> list[str]:
    return [".".join(map(str, fault["loc"])) for fault in error.errors()]


def test_a_vm_id_is_enough() -> None:
    request = RepairRequest.model_validate({"vm_id": VM_ID})
    assert (request.vm_id, request.reason, request.policy) == (VM_ID, "", Policy())


def test_the_defaults_are_those_that_are_documented() -> None:
    assert json.loads(Policy().model_dump_json()) == {
        "checkpoints": {
            "approve_repair": None,
            "approve_swap": "auto",
            "confirm_boot": "manual",
            "choose_dump_location": "manual",
            "file_ticket": "manual",
        },
        "checkpoint_timeout": "PT4H",
        "on_checkpoint_timeout": "abort",
        "require_diagnosis": True,
        "prefer_backup": None,
        "on_failure": "restore_original",
        "keep_original_days": 14,
        "crash_attempts": 1,
        "dry_run": False,
    }


def test_one_vm_has_one_spelling() -> None:
    """Alerts carry ids in lower case."""
    request = RepairRequest.model_validate({"vm_id": VM_ID.lower()})
    assert request.vm_id == f"{GROUP_ID}/providers/Microsoft.Compute/virtualMachines/vm-web-01"


@pytest.mark.parametrize(
    "vm_id",
    [
        pytest.param("", id="nothing"),
        pytest.param("vm-web-01", id="a bare name"),
        pytest.param(DISK_ID, id="a disk"),
        pytest.param(f"{VM_ID}/runCommands/inspect", id="something on a VM"),
        pytest.param(f"{VM_ID}/", id="a slash at the end"),
        pytest.param(f"{VM_ID}\n", id="a line end"),
        pytest.param(f"{VM_ID}?api-version=x", id="a query"),
        pytest.param(VM_ID.replace("vm-web-01", ".."), id="a way up"),
        pytest.param(VM_ID.replace("vm-web-01", "vm%2e"), id="an escape"),
        pytest.param(VM_ID.replace("vm-web-01", "vm-\u212a"), id="a letter that only looks like one"),
        pytest.param(VM_ID.replace("virtualMachines", "virtualMachine\u017f"), id="a letter that folds to s"),
        pytest.param(VM_ID.replace("Microsoft.Compute", "Microsoft.ClassicCompute"), id="a classic VM"),
        pytest.param(VM_ID.replace(SUBSCRIPTION, "my-subscription"), id="a subscription's name"),
        pytest.param(f"https://management.azure.com{VM_ID}", id="a URL"),
    ],
)
def test_what_names_no_vm_is_refused(vm_id: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RepairRequest.model_validate({"vm_id": vm_id})
    assert wrong_fields(caught.value) == ["vm_id"]


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        pytest.param({"dryrun": True}, "policy.dryrun", id="a misspelt key"),
        pytest.param({"checkpoints": {"approve": "auto"}}, "policy.checkpoints.approve", id="no such checkpoint"),
        pytest.param({"checkpoints": {"approve_swap": "yes"}}, "policy.checkpoints.approve_swap", id="no such mode"),
        pytest.param(
            {"checkpoints": {"confirm_boot": "auto"}},
            "policy.checkpoints.confirm_boot",
            id="a boot that a policy confirms",
        ),
        pytest.param({"checkpoint_timeout": "PT59S"}, "policy.checkpoint_timeout", id="less than a minute to answer"),
        pytest.param({"checkpoint_timeout": "P7DT1S"}, "policy.checkpoint_timeout", id="more than a week to answer"),
        pytest.param({"checkpoint_timeout": "four hours"}, "policy.checkpoint_timeout", id="a duration in words"),
        pytest.param(
            {"on_checkpoint_timeout": "ignore"}, "policy.on_checkpoint_timeout", id="neither abort nor proceed"
        ),
        pytest.param({"on_failure": "delete_original"}, "policy.on_failure", id="to delete the original"),
        pytest.param({"keep_original_days": -1}, "policy.keep_original_days", id="days before today"),
        pytest.param({"keep_original_days": 3651}, "policy.keep_original_days", id="more than ten years"),
        pytest.param({"crash_attempts": -1}, "policy.crash_attempts", id="less than no crash"),
        pytest.param({"crash_attempts": 6}, "policy.crash_attempts", id="too many crashes"),
        pytest.param(
            {"prefer_backup": {"age": "P1D"}}, "policy.prefer_backup.age", id="a misspelt key of the backup's"
        ),
        pytest.param({"dry_run": None}, "policy.dry_run", id="null for a flag"),
    ],
)
def test_a_wrong_policy_names_its_field(policy: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RepairRequest.model_validate({"vm_id": VM_ID, "policy": policy})
    assert wrong_fields(caught.value) == [field]


@pytest.mark.parametrize(
    ("text", "value"),
    [("PT1M", timedelta(minutes=1)), ("PT90M", timedelta(minutes=90)), ("P7D", timedelta(days=7))],
)
def test_durations_are_iso_8601(text: str, value: timedelta) -> None:
    assert Policy.model_validate({"checkpoint_timeout": text}).checkpoint_timeout == value


@pytest.mark.parametrize(("days", "attempts"), [(0, 0), (3650, 5)])
def test_a_policy_at_its_limits_is_taken(days: int, attempts: int) -> None:
    chosen = Policy.model_validate({"keep_original_days": days, "crash_attempts": attempts})
    assert (chosen.keep_original_days, chosen.crash_attempts) == (days, attempts)


def test_prefer_backup_has_an_age_of_a_day() -> None:
    chosen = Policy.model_validate({"prefer_backup": {}}).prefer_backup
    assert chosen is not None
    assert chosen.max_age == timedelta(days=1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "vm_id", id="no VM"),
        pytest.param({"vm_id": VM_ID, "vmId": VM_ID}, "vmId", id="camel case"),
        pytest.param({"vm_id": VM_ID, "reason": "x" * 1025}, "reason", id="a long reason"),
        pytest.param({"vm_id": 5}, "vm_id", id="a number"),
    ],
)
def test_a_wrong_request_names_its_field(body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RepairRequest.model_validate(body)
    assert wrong_fields(caught.value) == [field]


def test_every_checkpoint_has_a_policy_and_its_decisions() -> None:
    names = set(get_args(CheckpointName))
    assert set(CheckpointPolicy.model_fields) == names
    assert set(DECISIONS) == names
    assert all(len(decisions) >= 2 for decisions in DECISIONS.values())


def test_a_decision_says_what_and_by_whom() -> None:
    decision = Decision.model_validate({"decision": "approve", "by": "sam@example.com", "values": {"drive": "F"}})
    assert (decision.comment, decision.values) == ("", {"drive": "F"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"by": ""}, "by", id="by nobody"),
        pytest.param({"by": "x" * 201}, "by", id="a long name"),
        pytest.param({"decision": ""}, "decision", id="no decision"),
        pytest.param({"comment": "x" * 2001}, "comment", id="a long comment"),
        pytest.param({"values": {str(n): "" for n in range(17)}}, "values", id="seventeen values"),
        pytest.param({"values": {"k" * 101: ""}}, "values", id="a long name of a value"),
        pytest.param({"values": {"k": "v" * 1001}}, "values", id="a long value"),
        pytest.param({"values": {"k": 1}}, "values.k", id="a value that is no text"),
        pytest.param({"at": "2026-11-23T12:00:00Z"}, "at", id="a time of one's own"),
    ],
)
def test_a_wrong_decision_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Decision.model_validate({"decision": "approve", "by": "sam"} | change)
    assert wrong_fields(caught.value) == [field]


def test_a_decision_at_its_limits_is_taken() -> None:
    values = {f"{n:0100}": "v" * 1000 for n in range(16)}
    decision = Decision.model_validate({"decision": "d" * 40, "by": "b" * 200, "comment": "c" * 2000, "values": values})
    assert decision.values == values
