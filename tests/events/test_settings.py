"""Settings of events and notifications that go together, or not at all."""

from pathlib import Path
from typing import Any

import pytest

from bootmend.settings import Settings, SettingsError

NEEDED = {"BOOTMEND_REPAIR_GROUP": "rg", "BOOTMEND_REPAIR_SUBNETS": "{}", "BOOTMEND_EVIDENCE_FOLDER": "evidence"}
TOPIC = "https://topic.westeurope-1.eventgrid.azure.net/api/events"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"WEBHOOK_HOSTS": '["hooks.example.com"]'}, "BOOTMEND_WEBHOOK_KEY"),
        ({"WEBHOOK_HOSTS": '["hooks.example.com"]', "WEBHOOK_KEY": "short"}, "at least 16"),
        ({"WEBHOOK_HOSTS": '["https://hooks.example.com"]'}, "host name"),
        ({"WEBHOOK_HOSTS": '["*"]'}, "host name"),
        ({"WEBHOOK_HOSTS": '["a.*.example.com"]'}, "host name"),
        ({"EVENT_TOPIC": TOPIC}, "BOOTMEND_EVENT_TOPIC_KEY"),
        ({"EVENT_TOPIC": "topic.example.com"}, "BOOTMEND_EVENT_TOPIC"),
        ({"EVENT_TOPIC": TOPIC.replace("https", "http"), "EVENT_TOPIC_KEY": "x"}, "https://"),
        ({"REQUESTER_MAY_APPROVE": "false"}, "BOOTMEND_EASY_AUTH"),
        ({"SETTLE_SECONDS": "-1"}, "BOOTMEND_SETTLE_SECONDS"),
    ],
)
def test_what_does_not_go_together_stops_the_app_in_words(given: dict[str, str], words: str) -> None:
    environment = NEEDED | {f"BOOTMEND_{name}": value for name, value in given.items()}
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment(environment)


def test_secrets_are_not_shown() -> None:
    given: dict[str, Any] = {"webhook_hosts": ("Hooks.Example.com",), "webhook_key": "a-key-of-sixteen-or-more"}
    found = Settings(repair_group="rg", repair_subnets={}, evidence_folder=Path("e"), **given)
    assert found.webhook_hosts == ("hooks.example.com",)
    assert "a-key-of-sixteen" not in repr(found)
