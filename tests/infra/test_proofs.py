"""The templates and roles hold what they must, and each proof notices when a piece is taken away."""

from collections.abc import Iterator

import pytest

from bootmend.settings import PREFIX, Settings
from tests.infra.bicep import Declaration
from tests.infra.installation import Installation, app_settings, read_installation, role_assignments
from tests.infra.proofs import DEFAULTS_THAT_SUIT, SCOPES, role_faults, secret_faults, settings_faults
from tests.infra.wiring import wiring_faults

WHOLE = read_installation()
SETTINGS = app_settings(WHOLE)
ASSIGNMENTS = [(path, one) for path, template in WHOLE.templates.items() for one in role_assignments(template)]
ROLE_SOURCES = {"modules/role.bicep", *SCOPES}
ROLE_MODULES = [module for module in WHOLE.main.declarations("module") if module.source in ROLE_SOURCES]


def test_every_setting_that_the_app_reads_is_set_or_suits() -> None:
    assert settings_faults(WHOLE) == []


def test_every_role_is_made_and_assigned_where_it_belongs_and_nowhere_else() -> None:
    assert role_faults(WHOLE) == []


def test_no_secret_is_in_an_output_or_an_app_setting() -> None:
    assert secret_faults(WHOLE) == []


def test_the_templates_fit_together() -> None:
    assert wiring_faults(WHOLE) == []


def test_a_default_that_suits_is_one_of_the_app_s() -> None:
    assert set(DEFAULTS_THAT_SUIT) - set(Settings.model_fields) == set()
    assert set(DEFAULTS_THAT_SUIT) & {name.removeprefix(PREFIX).lower() for name in SETTINGS} == set()


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_is_taken_away_is_missed(name: str) -> None:
    setting = SETTINGS[name]
    faults = settings_faults(WHOLE.without(setting.path, setting.node))
    assert [fault for fault in faults if fault.startswith(f"{name} ")]


@pytest.mark.parametrize(
    "group", ["hostSettings", "schedulerSettings", "webhookSettings", "topicSettings", "appSettings"]
)
def test_settings_that_do_not_reach_the_app_are_missed(group: str) -> None:
    assert settings_faults(WHOLE.with_template(WHOLE.app.replaced(f"union({joined()})", f"union({joined(group)})")))


def joined(without: str = "") -> str:
    groups = ["hostSettings", "schedulerSettings", "webhookSettings", "topicSettings", "signInSettings", "appSettings"]
    return ", ".join(group for group in groups if group != without)


def test_a_setting_that_nothing_reads_is_noticed() -> None:
    misspelt = WHOLE.main.replaced("BOOTMEND_REPAIR_GROUP:", "BOOTMEND_REPAIR_GRUOP:")
    faults = settings_faults(WHOLE.with_template(misspelt))
    assert "BOOTMEND_REPAIR_GRUOP is set, and nothing reads it" in faults
    assert "BOOTMEND_REPAIR_GROUP is required and is not set" in faults


@pytest.mark.parametrize("module", ROLE_MODULES, ids=[module.name for module in ROLE_MODULES])
def test_a_role_or_assignment_that_is_taken_away_is_missed(module: Declaration) -> None:
    assert len(role_faults(WHOLE.without("main.bicep", module.node))) > len(role_faults(WHOLE))


@pytest.mark.parametrize(("path", "assignment"), ASSIGNMENTS, ids=[f"{path}:{one.name}" for path, one in ASSIGNMENTS])
def test_an_assignment_that_is_taken_out_of_a_template_is_missed(path: str, assignment: Declaration) -> None:
    assert [fault for fault in role_faults(WHOLE.without(path, assignment.node)) if path in fault]


@pytest.mark.parametrize("role", WHOLE.roles)
def test_a_role_file_that_is_taken_away_is_missed(role: str) -> None:
    fewer = Installation(WHOLE.templates, {name: body for name, body in WHOLE.roles.items() if name != role})
    assert [fault for fault in role_faults(fewer) if role in fault]


def test_a_role_file_that_nobody_assigns_is_noticed() -> None:
    more = Installation(WHOLE.templates, {**WHOLE.roles, "all-powerful": {"Name": "x", "Actions": ["*"]}})
    assert role_faults(more) == ["role all-powerful: it has no file, or nobody said where it holds"]


def wider_roles() -> Iterator[tuple[str, str, str, str]]:
    """Name of the case, file, what is there, what is put in its place."""
    yield (
        "repair host on the subscription",
        "main.bicep",
        "  scope: repairGroup\n  params: {\n    principalId",
        ("  params: {\n    principalId"),
    )
    yield "operator everywhere, always", "main.bicep", " = if (empty(watchedGroups)) {", " = {"
    yield "operator on the app's own group", "main.bicep", "scope: resourceGroup(group)", "scope: appGroup"
    yield (
        "another identity",
        "main.bicep",
        "    principalId: identity.outputs.principalId\n    roleId: repairHostRole",
        ("    principalId: authClientId\n    roleId: repairHostRole"),
    )
    yield "all actions", "modules/role.bicep", "actions: definition.Actions\n", "actions: ['*']\n"
    yield (
        "evidence role on the account",
        "modules/evidence_storage.bicep",
        "scope: account::blobs::evidence",
        ("scope: account"),
    )
    yield (
        "reader instead of contributor",
        "events.bicep",
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    )


@pytest.mark.parametrize(
    ("path", "old", "new"), [case[1:] for case in wider_roles()], ids=[case[0] for case in wider_roles()]
)
def test_a_role_in_the_wrong_place_is_noticed(path: str, old: str, new: str) -> None:
    assert role_faults(WHOLE.with_template(WHOLE.templates[path].replaced(old, new)))


LEAKS = [
    ("modules/notification_topic.bicep", "topic.properties.endpoint", "topic.listKeys().key1"),
    ("modules/vault.bicep", "output name string = vault.name", "output name string = webhookKey"),
    ("modules/vault.bicep", "@secure()", ""),
    ("main.bicep", "@secure()", ""),
    ("modules/app.bicep", "AzureWebJobsStorage__accountName", "AzureWebJobsStorage"),
    ("modules/app.bicep", "'@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/webhook-key/)'", "vaultUri"),
    ("modules/app.bicep", "'managedidentity'", "'AccountKey=${listKeys(clientId).key1}'"),
    ("modules/host_storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"),
    ("modules/evidence_storage.bicep", "    allowBlobPublicAccess: false\n", ""),
    ("modules/evidence_storage.bicep", "publicAccess: 'None'", "publicAccess: 'Blob'"),
]


@pytest.mark.parametrize(("path", "old", "new"), LEAKS)
def test_a_leak_is_noticed(path: str, old: str, new: str) -> None:
    assert secret_faults(WHOLE.with_template(WHOLE.templates[path].replaced(old, new)))


BREAKS = [
    ("main.bicep", "modules/identity.bicep", "modules/identities.bicep", "there is no"),
    ("main.bicep", "    keepDays: evidenceDays\n", "", "lacks keepDays"),
    ("main.bicep", "keepDays:", "daysKept:", "knows no daysKept"),
    ("main.bicep", "identity.outputs.clientId", "identity.outputs.client", "has no output client"),
    ("main.bicep", "lockEvidence\n", "lockedEvidence\n", "lockedEvidence is not declared"),
    ("main.bicep", "uniqueString(sub", "uniqString(sub", "uniqString is not declared"),
    ("events.bicep", "site::onVmHealthEvent.id", "sites::onVmHealthEvent.id", "sites is not declared"),
    ("main.bicep", "param location string\n", "param location = = string\n", "not Bicep"),
]


@pytest.mark.parametrize(("path", "old", "new", "fault"), BREAKS, ids=[case[3] for case in BREAKS])
def test_templates_that_do_not_fit_are_noticed(path: str, old: str, new: str, fault: str) -> None:
    faults = wiring_faults(WHOLE.with_template(WHOLE.templates[path].replaced(old, new)))
    assert [line for line in faults if fault in line]
