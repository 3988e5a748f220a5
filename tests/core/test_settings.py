"""Settings are read once, and every fault is named at once."""

import json
from pathlib import Path

import pytest

from bootmend.settings import Settings, SettingsError
from tests.core.facts import DISK_ID, SUBNET_ID

COMPLETE = {
    "BOOTMEND_REPAIR_GROUP": "rg-bootmend",
    "BOOTMEND_REPAIR_SUBNETS": json.dumps({"westeurope": SUBNET_ID}),
    "BOOTMEND_EVIDENCE_FOLDER": "/mnt/evidence",
}

CONTAINER = "https://account.blob.core.windows.net/evidence"
HOSTS = '["*.example.com"]'
TOPIC = "https://topic.westeurope-1.eventgrid.azure.net/api/events"


def faults(**changes: str) -> list[str]:
    """The lines that tell the faults."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(COMPLETE | changes)
    return str(caught.value).splitlines()[1:]


def test_three_settings_are_enough() -> None:
    read = Settings.from_environment(COMPLETE)
    assert read.repair_group == "rg-bootmend"
    assert read.repair_subnets == {"westeurope": SUBNET_ID}
    assert read.evidence_folder == Path("/mnt/evidence")
    assert (read.stable_seconds, read.boot_minutes) == (195, 30)
    assert read.arm_endpoint == "https://management.azure.com"
    assert read.repair_sizes[0] == "Standard_D2s_v5"


def test_each_setting_can_be_given() -> None:
    more = {
        "BOOTMEND_REPAIR_SIZES": '["Standard_D4s_v5"]',
        "BOOTMEND_STABLE_SECONDS": "300",
        "BOOTMEND_BOOT_MINUTES": "45",
        "BOOTMEND_ARM_ENDPOINT": "http://127.0.0.1:8900",
        "BOOTMEND_PUBLIC_URL": "https://repairs.example.com",
    }
    read = Settings.from_environment(COMPLETE | more)
    assert read.repair_sizes == ("Standard_D4s_v5",)
    assert (read.stable_seconds, read.boot_minutes) == (300, 45)
    assert (read.arm_endpoint, read.public_url) == ("http://127.0.0.1:8900", "https://repairs.example.com")


def test_an_empty_value_counts_as_not_given() -> None:
    assert Settings.from_environment(COMPLETE | {"BOOTMEND_BOOT_MINUTES": ""}).boot_minutes == 30
    assert faults(BOOTMEND_REPAIR_GROUP="") == ["BOOTMEND_REPAIR_GROUP: Field required"]


def test_what_is_not_ours_is_left_alone() -> None:
    assert Settings.from_environment(COMPLETE | {"PATH": "/bin", "BOOTMEND_SOMETHING": "x"}).boot_minutes == 30


def test_regions_are_known_by_display_name_too() -> None:
    subnets = json.dumps({"West Europe": SUBNET_ID})
    assert Settings.from_environment(COMPLETE | {"BOOTMEND_REPAIR_SUBNETS": subnets}).repair_subnets == {
        "westeurope": SUBNET_ID
    }


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("REPAIR_GROUP", "rg/bootmend", "match pattern", id="a slash in the group"),
        pytest.param("REPAIR_GROUP", "rg.", "match pattern", id="a group that ends in a dot"),
        pytest.param("REPAIR_SUBNETS", "{westeurope: x}", "Invalid JSON", id="subnets are not JSON"),
        pytest.param("REPAIR_SUBNETS", json.dumps([SUBNET_ID]), "dictionary", id="subnets are a list"),
        pytest.param(
            "REPAIR_SUBNETS", json.dumps({"westeurope": "subnet-1"}), "resource id", id="a subnet's bare name"
        ),
        pytest.param("REPAIR_SUBNETS", json.dumps({"westeurope": DISK_ID}), "id of a subnet", id="the id of a disk"),
        pytest.param("REPAIR_SIZES", "Standard_D2s_v5", "Invalid JSON", id="sizes are not JSON"),
        pytest.param(
            "EVIDENCE_URL", "http://account.blob.core.windows.net/e", "match pattern", id="evidence in the clear"
        ),
        pytest.param("EVIDENCE_URL", f"{CONTAINER}?sv=2021&sig=x", "match pattern", id="a container's SAS"),
        pytest.param("BACKUP_VAULTS", json.dumps([DISK_ID]), "id of a vault", id="a disk for a vault"),
        pytest.param(
            "RESTORE_STAGING", json.dumps({"westeurope": DISK_ID}), "storage account", id="a disk for staging"
        ),
        pytest.param("WEBHOOK_HOSTS", '["https://hooks.example.com"]', "host name", id="a URL for a host"),
        pytest.param("WEBHOOK_HOSTS", '["*"]', "host name", id="any host"),
        pytest.param("EVENT_TOPIC", "https://topic.example.com/", "match pattern", id="a topic's bare host"),
        pytest.param("AUTO_APPROVE", "perhaps", "boolean", id="neither true nor false"),
        pytest.param("REPAIRS_A_DAY", "-1", "greater than or equal to 0", id="less than no repair a day"),
        pytest.param("STABLE_SECONDS", "long", "integer", id="no number"),
        pytest.param("STABLE_SECONDS", "59", "greater than or equal to 60", id="stable for less than a minute"),
        pytest.param("STABLE_SECONDS", "3601", "less than or equal to 3600", id="stable for more than an hour"),
        pytest.param("BOOT_MINUTES", "1", "greater than or equal to 2", id="one minute to boot"),
        pytest.param("BOOT_MINUTES", "241", "less than or equal to 240", id="more than four hours to boot"),
        pytest.param("ARM_ENDPOINT", "management.azure.com", "match pattern", id="no scheme"),
        pytest.param("ARM_ENDPOINT", "https://management.azure.com/", "match pattern", id="a path"),
        pytest.param("PUBLIC_URL", "https://x.example.com/api", "match pattern", id="a path in the public origin"),
    ],
)
def test_a_wrong_value_is_one_line_that_says_what_is_wrong(name: str, value: str, words: str) -> None:
    (line,) = faults(**{f"BOOTMEND_{name}": value})
    assert line.startswith(f"BOOTMEND_{name}: ")
    assert words in line


def test_all_faults_are_told_at_once_and_in_order() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"BOOTMEND_BOOT_MINUTES": "x"})
    names = [line.partition(":")[0] for line in str(caught.value).splitlines()[1:]]
    assert names == [
        "BOOTMEND_BOOT_MINUTES",
        "BOOTMEND_EVIDENCE_FOLDER",
        "BOOTMEND_REPAIR_GROUP",
        "BOOTMEND_REPAIR_SUBNETS",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"EVIDENCE_FOLDER": ""}, "exactly one of BOOTMEND_EVIDENCE_URL", id="no place of evidence"),
        pytest.param({"EVIDENCE_URL": CONTAINER}, "exactly one of BOOTMEND_EVIDENCE_URL", id="two places of evidence"),
        pytest.param({"WEBHOOK_HOSTS": HOSTS}, "BOOTMEND_WEBHOOK_KEY must hold", id="webhooks without a key"),
        pytest.param(
            {"WEBHOOK_HOSTS": HOSTS, "WEBHOOK_KEY": "k" * 15}, "at least 16 characters", id="webhooks with a short key"
        ),
        pytest.param({"EVENT_TOPIC": TOPIC}, "BOOTMEND_EVENT_TOPIC_KEY is missing", id="a topic without its key"),
        pytest.param(
            {"EVENT_TOPIC": TOPIC.replace("https", "http"), "EVENT_TOPIC_KEY": "key"},
            "must begin with https://",
            id="a key sent in the clear",
        ),
        pytest.param(
            {"REQUESTER_MAY_APPROVE": "false"}, "needs BOOTMEND_EASY_AUTH=true", id="a claimed name proves nothing"
        ),
    ],
)
def test_settings_that_do_not_go_together(changes: dict[str, str], words: str) -> None:
    (line,) = faults(**{f"BOOTMEND_{name}": value for name, value in changes.items()})
    assert words in line


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"EVIDENCE_FOLDER": "", "EVIDENCE_URL": CONTAINER}, id="evidence in a container"),
        pytest.param({"WEBHOOK_HOSTS": HOSTS, "WEBHOOK_KEY": "k" * 16}, id="webhooks with a key"),
        pytest.param({"EVENT_TOPIC": TOPIC, "EVENT_TOPIC_KEY": "key"}, id="a topic with its key"),
        pytest.param(
            {
                "EVENT_TOPIC": "http://127.0.0.1:8900/api/events",
                "EVENT_TOPIC_KEY": "key",
                "ARM_ENDPOINT": "http://127.0.0.1:8900",
            },
            id="a simulated topic beside a simulated Azure",
        ),
        pytest.param({"REQUESTER_MAY_APPROVE": "false", "EASY_AUTH": "true"}, id="four eyes, with proven names"),
    ],
)
def test_settings_that_go_together(changes: dict[str, str]) -> None:
    given = {f"BOOTMEND_{name}": value for name, value in changes.items()}
    assert Settings.from_environment(COMPLETE | given).repair_group == "rg-bootmend"


def test_the_careful_way_is_the_default() -> None:
    read = Settings.from_environment(COMPLETE)
    assert read.sweep_dry_run
    assert not read.auto_approve
    assert not read.easy_auth
    assert read.webhook_hosts == ()


def test_a_secret_is_neither_shown_nor_told_in_a_fault() -> None:
    given = {"BOOTMEND_WEBHOOK_HOSTS": HOSTS, "BOOTMEND_WEBHOOK_KEY": "a-key-of-some-length"}
    assert "a-key-of-some-length" not in repr(Settings.from_environment(COMPLETE | given))
    assert "a-key" not in "".join(faults(**given | {"BOOTMEND_WEBHOOK_KEY": "a-key"}, BOOTMEND_BOOT_MINUTES="30"))
