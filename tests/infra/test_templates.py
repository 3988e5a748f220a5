"""What single templates say: the network, the events, the alerts, the runtime, the parameters, and names and tags."""

import ast
import json
import re
from typing import Any

import pytest
import yaml

from bootmend.events import COUNTED_ANNOTATIONS, COUNTED_STATES
from tests.infra.bicep import Declaration, Template, objects, properties, property_nodes, string, strings, text, walk
from tests.infra.installation import INFRA, read_installation
from tests.source_tree import ROOT

WHOLE = read_installation()
UNTAGGED = ("Microsoft.Authorization/", "Microsoft.Storage/storageAccounts/managementPolicies@")
ALLOWED_OUTBOUND = {("AzureCloud", "443"), ("Storage", "443")}


def document(name: str) -> Any:
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def template(path: str) -> Template:
    return WHOLE.templates[path]


def security_rules(network: Template) -> list[dict[str, str]]:
    body = network.declared("resource", "rules").body
    rules = properties(properties(body)["properties"])["securityRules"]
    return [
        {name: string(value) for name, value in properties(properties(rule)["properties"]).items()}
        for rule in objects(rules)
    ]


def openings(network: Template) -> set[tuple[str, str, str]]:
    """Direction, destination and port of what is let through."""
    return {
        (rule["direction"], rule["destinationAddressPrefix"], rule["destinationPortRange"])
        for rule in security_rules(network)
        if rule["access"] == "Allow"
    }


def denied(network: Template) -> set[str]:
    """Directions in which everything else is denied, whatever Azure's own rules of lower priority allow."""
    everything = {
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    }
    return {
        rule["direction"]
        for rule in security_rules(network)
        if rule["access"] == "Deny" and everything.items() <= rule.items()
    }


def test_repair_vms_reach_azure_alone_and_nobody_reaches_them() -> None:
    network = template("modules/repair_network.bicep")
    assert openings(network) == {("Outbound", *opening) for opening in ALLOWED_OUTBOUND}
    assert denied(network) == {"Inbound", "Outbound"}
    assert max(int(rule["priority"]) for rule in security_rules(network)) < 65000


def test_a_wider_network_is_noticed() -> None:
    network = template("modules/repair_network.bicep")
    assert ("Outbound", "Internet", "443") in openings(network.replaced("'AzureCloud'", "'Internet'"))
    assert denied(network.replaced("direction: 'Inbound'", "direction: 'Outbound'")) == {"Outbound"}


def test_the_subnet_bears_the_rules_and_its_id_is_the_one_that_the_app_is_told() -> None:
    network = template("modules/repair_network.bicep").declared("resource", "network")
    assert "networkSecurityGroup: { id: rules.id }" in text(network.node)
    told = text(properties(WHOLE.main.declared("module", "app").body)["params"])
    assert "virtualNetworks/${repairNetworkName}-${region}/subnets/${repairSubnetName}'" in told
    module = WHOLE.main.declared("module", "networks")
    assert module.property("params", "name") == "'${repairNetworkName}-${region}'"
    assert module.property("params", "subnetName") == "repairSubnetName"
    assert (module.loop_over, module.property("scope")) == ("repairRegions", "repairGroup")


def test_the_events_that_are_subscribed_are_those_that_count() -> None:
    kinds = template("events.bicep").declared("variable", "kinds").value
    assert kinds is not None
    filters = {
        string(properties(kind)["key"]).rpartition(".")[2]: properties(kind)["values"] for kind in objects(kinds)
    }
    assert set(strings(filters["annotationName"])) == {name for name, _ in COUNTED_ANNOTATIONS}
    assert set(strings(filters["availabilityState"])) == COUNTED_STATES
    assert set(filters) == {"annotationName", "availabilityState"}


def test_events_go_to_the_function_and_the_undelivered_are_kept() -> None:
    events = template("events.bicep")
    function = events.declared("resource", "onVmHealthEvent")
    assert function.property("name") == "'on_vm_health_event'"
    assert defined("triggers/events.py", "on_vm_health_event")
    subscription = events.declared("resource", "subscriptions")
    assert "resourceId: site::onVmHealthEvent.id" in subscription.property("properties", "destination")
    assert subscription.property("properties", "deadLetterWithResourceIdentity")


def defined(path: str, name: str) -> bool:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.AsyncFunctionDef) and node.name == name for node in tree.body)


def test_what_the_alerts_look_for_is_what_the_app_logs() -> None:
    """One line a notice, whoever else is told: `notice: <type> of repair <id>: <outcome or checkpoint>`."""
    logged = (ROOT / "activities" / "notify.py").read_text(encoding="utf-8")
    assert '"notice: %s of repair %s: %s"' in logged
    queries = [query for query in strings(template("modules/monitoring.bicep").root) if query.startswith("AppTraces")]
    assert (
        len(
            [
                query
                for query in queries
                if 'startswith "notice: repair.finished" and Message endswith ": failed"' in query
            ]
        )
        == 1
    )
    assert len([query for query in queries if query.endswith('startswith "notice: checkpoint.waiting"')]) == 1


def test_the_runtime_is_that_of_the_project() -> None:
    site = template("modules/app.bicep").declared("resource", "site")
    version = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    runtime = site.property("properties", "functionAppConfig", "runtime")
    assert runtime == f"{{ name: 'python', version: '{version}' }}"
    assert "name: 'FC1'" in template("modules/app.bicep").declared("resource", "plan").property("sku")


def test_the_task_hub_bears_the_name_that_the_host_asks_for() -> None:
    hub = template("modules/scheduler.bicep").declared("resource", "hub")
    assert string(properties(hub.body)["name"]) == document("host.json")["extensions"]["durableTask"]["hubName"]


def test_sign_in_guards_all_but_the_door_of_event_grid() -> None:
    sign_in = template("modules/app.bicep").declared("resource", "signIn")
    assert sign_in.condition == "(!empty(authClientId))"
    validation = sign_in.property("properties", "globalValidation")
    assert "requireAuthentication: true" in validation
    assert "excludedPaths: ['/runtime/webhooks/eventgrid']" in validation


def resources() -> list[tuple[str, Declaration]]:
    return [
        (path, one)
        for path, held in WHOLE.templates.items()
        for one in held.declarations("resource")
        if "@" in one.source and not one.existing and one.source.count("/") == 1
    ]


@pytest.mark.parametrize(("path", "resource"), resources(), ids=[f"{path}:{one.name}" for path, one in resources()])
def test_every_resource_is_tagged(path: str, resource: Declaration) -> None:
    if not resource.source.startswith(UNTAGGED):
        assert resource.property("tags") in {"tags", "union(tags, { 'azd-service-name': 'app' })"}, path


@pytest.mark.parametrize("parameter", WHOLE.main.declarations("parameter"), ids=lambda one: one.name)
def test_every_parameter_is_described(parameter: Declaration) -> None:
    assert "@description(" in parameter.decorators


def test_the_parameter_file_sets_what_must_be_set_and_nothing_unknown() -> None:
    given = re.findall(r"^param (\w+) = ", (INFRA / "main.bicepparam").read_text(encoding="utf-8"), flags=re.MULTILINE)
    declared = {one.name: one.value is not None for one in WHOLE.main.declarations("parameter")}
    assert set(given) <= set(declared)
    assert {name for name, has_default in declared.items() if not has_default} <= set(given)


def test_the_defaults_of_the_parameter_file_are_those_of_the_template() -> None:
    file = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
    told = dict(
        re.findall(r"^param (\w+) = (?:\w+\()?readEnvironmentVariable\('\w+', '([^'$]*)'\)\)?$", file, re.MULTILINE)
    )
    assert told
    for name, value in told.items():
        default = WHOLE.main.declared("parameter", name).value
        assert default is not None
        assert string(default) == value


def test_every_variable_and_role_of_a_deployment_is_told() -> None:
    file = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    for name in {*re.findall(r"readEnvironmentVariable\('(\w+)'", file), "APPROVERS"}:
        assert f"| `{name}` |" in guide
    for role in WHOLE.roles.values():
        assert f"'{role['Name'].removeprefix('Bootmend ')}'" in guide


def test_azd_deploys_the_events_after_the_code_with_what_they_need() -> None:
    azd = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
    service = azd["services"]["app"]
    assert (service["host"], service["language"], service["project"]) == ("function", "py", ".")
    hook = service["hooks"]["postdeploy"]["run"]
    given = dict(re.findall(r'"(\w+)=\$(\w+)"', hook))
    events = {one.name: one.value is not None for one in template("events.bicep").declarations("parameter")}
    assert {name for name, has_default in events.items() if not has_default} <= set(given) <= set(events)
    assert given.pop("approvers") == "APPROVERS"
    assert {*given.values(), "AZURE_RESOURCE_GROUP"} <= {one.name for one in WHOLE.main.declarations("output")}
    assert f"{azd['infra']['path']}/{azd['infra']['module']}.bicep" == "infra/main.bicep"


def test_the_approval_mail_gives_the_workflow_each_parameter_that_it_declares() -> None:
    workflow = template("modules/approval_mail.bicep").declared("resource", "workflow")
    given = properties(properties(workflow.body)["properties"])
    definition = text(given["definition"]).removeprefix("loadJsonContent('../").removesuffix("')")
    declared = json.loads((INFRA / definition).read_text(encoding="utf-8"))["parameters"]
    assert set(properties(given["parameters"])) == set(declared)
    assert declared["bootmend_key"]["type"] == "SecureString"


def test_the_evidence_expires_and_is_locked() -> None:
    storage = template("modules/evidence_storage.bicep")
    lifecycle = text(storage.declared("resource", "lifecycle").node)
    assert "daysAfterModificationGreaterThan: keepDays" in lifecycle
    assert "prefixMatch: expiring" in lifecycle
    assert "for (expiring, number) in prefixes:" in lifecycle
    prefixes = text(storage.declared("variable", "prefixes").node)
    assert "".join(re.findall(r"'evidence/(.*?)'", prefixes)) == "0123456789abcdef"
    assert "'dead-letters/'" in prefixes
    assert storage.declared("resource", "lock").property("properties", "level") == "'CanNotDelete'"


def test_the_repair_group_bears_no_lock() -> None:
    locks = [
        one for one in WHOLE.main.declarations("resource") if one.source.startswith("Microsoft.Authorization/locks@")
    ]
    assert locks == []
    assert not [node for node in walk(template("modules/repair_network.bicep").root) if "locks@" in text(node)]


def test_property_nodes_tell_names_with_and_without_quotes() -> None:
    made = Template("x.bicep", b"var x = { a: 1, 'b-c': 'd' }").declared("variable", "x").value
    assert made is not None
    assert list(property_nodes(made)) == ["a", "b-c"]
