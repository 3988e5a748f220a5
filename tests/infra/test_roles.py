"""The role files: permissions that exist, no more than the design allows, the same for the simulator and for Azure."""

import json

import pytest

from sandbox.azure.authorization import ROLES
from tests.infra.installation import INFRA, read_installation
from tests.infra.proofs import PLACES
from tests.source_tree import ROOT

ROLE_FILES = read_installation().roles
LINES = (ROOT / "tests" / "infra" / "known_actions.txt").read_text(encoding="utf-8").splitlines()
KNOWN = [line for line in LINES if line and not line.startswith("#")]
ONLY_ON_OUR_OWN_GROUP = {
    "Microsoft.Compute/virtualMachines/delete",
    "Microsoft.Compute/virtualMachines/runCommand/action",
    "Microsoft.Compute/virtualMachines/runCommands/write",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/networkInterfaces/delete",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
}


def test_the_simulator_authorizes_by_the_files_that_are_deployed() -> None:
    assert ROLES == INFRA / "roles"
    assigned = (ROOT / "sandbox" / "azure" / "simulator.py").read_text(encoding="utf-8")
    assert [name for name in PLACES if f'"{name}"' not in assigned] == []


@pytest.mark.parametrize("name", ROLE_FILES)
def test_every_action_exists(name: str) -> None:
    role = ROLE_FILES[name]
    assert set(role["Actions"]) - set(KNOWN) == set()
    assert (role["NotActions"], role["DataActions"], role["NotDataActions"]) == ([], [], [])


@pytest.mark.parametrize("name", ROLE_FILES)
def test_no_action_is_a_pattern_and_none_stands_twice(name: str) -> None:
    actions = ROLE_FILES[name]["Actions"]
    assert [action for action in actions if "*" in action] == []
    assert len(set(actions)) == len(actions)


def test_the_known_actions_are_listed_once_with_their_source() -> None:
    assert len(set(KNOWN)) == len(KNOWN)
    assert "Azure permissions for Compute - Azure RBAC" in LINES[1]


def test_vms_are_deleted_and_run_commands_on_our_own_group_alone() -> None:
    for name in set(ROLE_FILES) - {"repair-host"}:
        assert set(ROLE_FILES[name]["Actions"]) & ONLY_ON_OUR_OWN_GROUP == set()


@pytest.mark.parametrize("name", ROLE_FILES)
def test_nobody_may_give_rights(name: str) -> None:
    actions = ROLE_FILES[name]["Actions"]
    changes = [action for action in actions if action.startswith("Microsoft.Authorization/") and action[-5:] != "/read"]
    assert changes == []


def test_the_subscription_role_reads_only() -> None:
    assert [action for action in ROLE_FILES["subscription-reader"]["Actions"] if not action.endswith("/read")] == []


@pytest.mark.parametrize("name", ROLE_FILES)
def test_a_role_file_is_what_azure_s_command_line_reads(name: str) -> None:
    text = (INFRA / "roles" / f"{name}.json").read_text(encoding="utf-8")
    keys = {"Name", "IsCustom", "Description", "Actions", "NotActions", "DataActions", "NotDataActions"}
    assert set(json.loads(text)) == keys | {"AssignableScopes"}
