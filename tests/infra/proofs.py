"""What must hold of the installation, each as a list of faults in words: empty if it holds."""

import re
from collections.abc import Iterator

from pydantic import SecretStr

from bootmend.settings import PREFIX, Settings
from tests.infra.bicep import Declaration, Template, properties, text, walk
from tests.infra.installation import (
    BuiltIn,
    Installation,
    Placement,
    app_settings,
    built_in_roles,
    custom_roles,
    placements,
    role_assignments,
)

DEFAULTS_THAT_SUIT = {
    "evidence_folder": "evidence lies in Blob Storage",
    "stable_seconds": "the documented lag of Azure's health reports is the same in each subscription",
    "boot_minutes": "Windows boots no slower in one subscription than in another",
    "settle_seconds": "the platform's own restarts take as long everywhere",
    "quiet_seconds": "a burst of events is as long everywhere",
    "sweep_dry_run": "an operator reads what the sweep would remove, and lets it by hand",
    "repairs_a_day": "a caution, not a property of the installation",
    "public_url": "callers use the name that the app has",
}
"""Settings that the templates leave alone, and why that is right."""

HOST_SETTINGS = {
    "AZURE_CLIENT_ID",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName",
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
}
"""What the Functions host, the engine and App Service read (App settings reference for Azure Functions)."""

_GROUP, _SUBSCRIPTION = "modules/group_assignment.bicep", "modules/subscription_assignment.bicep"
_VAULT, _ACCOUNT = "modules/vault_assignment.bicep", "modules/account_assignment.bicep"
PLACES = {
    "repair-host": {Placement(_GROUP, "repairGroup")},
    "repair-operator": {
        Placement(_GROUP, "resourceGroup(group)", loop_over="watchedGroups"),
        Placement(_SUBSCRIPTION, condition="empty(watchedGroups)"),
    },
    "subscription-reader": {Placement(_SUBSCRIPTION)},
    "restore-target": {
        Placement(_GROUP, "resourceGroup(group)", loop_over="restoreGroups"),
        Placement(_SUBSCRIPTION, condition="empty(watchedGroups) && !empty(backupVaults)"),
    },
    "backup-restorer": {
        Placement(_VAULT, "resourceGroup(split(vaultId, '/')[2], split(vaultId, '/')[4])", loop_over="backupVaults")
    },
    "restore-staging": {
        Placement(
            _ACCOUNT,
            "resourceGroup(split(staging.value, '/')[2], split(staging.value, '/')[4])",
            loop_over="items(restoreStaging)",
        )
    },
}
"""Role file to where the role holds, and nowhere else."""
SCOPES = {_GROUP: "", _SUBSCRIPTION: "", _VAULT: "vault", _ACCOUNT: "account"}
"""The modules that assign a role, with the resource on which; empty: the group or subscription itself."""

BUILT_IN = {
    BuiltIn("modules/host_storage.bicep", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "account"),
    BuiltIn("modules/host_storage.bicep", "974c5e8b-45b9-4653-ba55-5f855dd0fb88", "account"),
    BuiltIn("modules/host_storage.bicep", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "account"),
    BuiltIn("modules/evidence_storage.bicep", "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "account::blobs::evidence"),
    BuiltIn("modules/evidence_storage.bicep", "db58b8e5-c6ad-4a2a-8342-4190687cbf4a", "account"),
    BuiltIn("modules/vault.bicep", "4633458b-17de-408a-b874-0445c86b69e6", "vault"),
    BuiltIn("modules/monitoring.bicep", "3913510d-42f4-4e42-8a64-420c390055eb", "insights"),
    BuiltIn("modules/scheduler.bicep", "0ad04412-c4d5-4796-b79c-f76d14c8d402", "scheduler"),
    BuiltIn("events.bicep", "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "storage::blobs::deadLetters"),
}
"""Storage Blob Data Owner, Queue Data Contributor and Table Data Contributor for the host; Blob Data Contributor and Blob
Delegator for evidence; Key Vault Secrets User; Monitoring Metrics Publisher; Durable Task Data Contributor; Blob Data
Contributor for dead letters (Azure built-in roles)."""


def settings_faults(installation: Installation) -> list[str]:
    return list(_settings_faults(set(app_settings(installation))))


def _settings_faults(given: set[str]) -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        variable = PREFIX + name.upper()
        if variable not in given and field.is_required():
            yield f"{variable} is required and is not set"
        elif variable not in given and name not in DEFAULTS_THAT_SUIT:
            yield f"{variable} is not set, and nobody said that its default suits"
    known = {PREFIX + name.upper() for name in Settings.model_fields} | HOST_SETTINGS
    yield from (f"{name} is set, and nothing reads it" for name in sorted(given - known))
    yield from (f"{name} is not set" for name in sorted(HOST_SETTINGS - given))


def role_faults(installation: Installation) -> list[str]:
    return [
        *_custom_role_faults(installation),
        *_built_in_faults(installation),
        *_definition_faults(installation.templates["modules/role.bicep"]),
        *(fault for path, scope in SCOPES.items() for fault in _assignment_faults(installation.templates[path], scope)),
    ]


def _custom_role_faults(installation: Installation) -> Iterator[str]:
    made = custom_roles(installation)
    for name in sorted(set(installation.roles) | set(PLACES)):
        if name not in installation.roles or name not in PLACES:
            yield f"role {name}: it has no file, or nobody said where it holds"
        elif name not in made:
            yield f"role {name} is not made"
        else:
            found = placements(installation, made[name])
            yield from (f"role {name} is not assigned: {place}" for place in PLACES[name] - set(found))
            yield from (f"role {name} is assigned beyond its place: {place}" for place in set(found) - PLACES[name])


def _built_in_faults(installation: Installation) -> Iterator[str]:
    found = set(built_in_roles(installation))
    yield from (f"{role.path}: {role.role} is not assigned on {role.scope}" for role in BUILT_IN - found)
    yield from (f"{role.path}: {role.role} is assigned on {role.scope or 'the group'}" for role in found - BUILT_IN)


def _definition_faults(template: Template) -> Iterator[str]:
    """The role is what its file says, all of it."""
    role = template.declared("resource", "role").property("properties")
    for part in ("actions", "notActions", "dataActions", "notDataActions"):
        if f"{part}: definition.{part[0].upper()}{part[1:]}\n" not in role:
            yield f"{template.path}: {part} does not come from the file"


def _assignment_faults(template: Template, scope: str) -> Iterator[str]:
    """The module gives what it is told to whom it is told, on its one resource or on the whole of its scope."""
    made = [(one.property("scope"), properties(one.body)["properties"]) for one in role_assignments(template)]
    given = [
        (on, text(properties(body)["roleDefinitionId"]), text(properties(body)["principalId"])) for on, body in made
    ]
    if given != [(scope, "roleId", "principalId")]:
        yield f"{template.path} does not assign the role that it is given"


def secret_faults(installation: Installation) -> list[str]:
    return [
        *_setting_secret_faults(installation),
        *(fault for template in installation.templates.values() for fault in _template_secret_faults(template)),
    ]


SECRET_PARAMETERS = {"webhookKey"}
_SECRET = re.compile(r"\blist[A-Z]\w*\(|\bkey[12]\b|accountKey|AccountKey|SharedAccess|\bsig=", re.ASCII)
_REFERENCE = re.compile(r"'@Microsoft\.KeyVault\(SecretUri=\$\{vaultUri\}secrets/[a-z-]+/\)'")


def _setting_secret_faults(installation: Installation) -> Iterator[str]:
    secrets = {PREFIX + name.upper() for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    for setting in app_settings(installation).values():
        if _SECRET.search(setting.value):
            yield f"{setting.path}: {setting.name} holds a secret"
        if setting.name in secrets and not _REFERENCE.fullmatch(setting.value):
            yield f"{setting.path}: {setting.name} is a secret and does not refer to the key vault"
        if setting.name == "AzureWebJobsStorage":
            yield f"{setting.path}: {setting.name} is a connection string with a key"


def _template_secret_faults(template: Template) -> Iterator[str]:
    secure = {one.name for one in template.declarations("parameter") if "@secure()" in one.decorators}
    for output in template.declarations("output"):
        named = {text(node) for node in walk(output.node) if node.type == "identifier"}
        if _SECRET.search(text(output.node)) or named & secure:
            yield f"{template.path}: output {output.name} holds a secret"
    for resource in template.declarations("resource"):
        if not resource.existing:
            yield from _open_storage_faults(template, resource)
    secrets = {one.name for one in template.declarations("parameter")} & SECRET_PARAMETERS
    yield from (f"{template.path}: {name} is not @secure()" for name in secrets - secure)


def _open_storage_faults(template: Template, resource: Declaration) -> Iterator[str]:
    if resource.source.startswith("Microsoft.Storage/storageAccounts@"):
        for name in ("allowSharedKeyAccess", "allowBlobPublicAccess"):
            if resource.property("properties", name) != "false":
                yield f"{template.path}: {resource.name} does not forbid {name}"
    if resource.source == "containers" and resource.property("properties", "publicAccess") != "'None'":
        yield f"{template.path}: container {resource.name} may be public"
