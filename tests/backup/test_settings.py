"""The settings of the way by backup: wrong ones stop the app in words, missing ones mean that no backup is offered."""

import json
from pathlib import Path

import pytest

from bootmend.settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parents[2]
HOME = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-backup/providers"
VAULT = f"{HOME}/Microsoft.RecoveryServices/vaults/rsv-prod"
ACCOUNT = f"{HOME}/Microsoft.Storage/storageAccounts/strestore"


def settings(**given: str) -> Settings:
    sample: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    return Settings.from_environment({**sample, **given})


def test_vaults_and_staging_accounts_are_read() -> None:
    found = settings(
        BOOTMEND_BACKUP_VAULTS=json.dumps([VAULT]), BOOTMEND_RESTORE_STAGING=json.dumps({"West Europe": ACCOUNT})
    )
    assert found.backup_vaults == (VAULT,)
    assert found.restore_staging == {"westeurope": ACCOUNT}


def test_without_them_no_backup_is_offered() -> None:
    assert settings().backup_vaults == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOOTMEND_BACKUP_VAULTS", json.dumps([ACCOUNT])),
        ("BOOTMEND_BACKUP_VAULTS", json.dumps(["rsv-prod"])),
        ("BOOTMEND_RESTORE_STAGING", json.dumps({"westeurope": VAULT})),
        ("BOOTMEND_RESTORE_STAGING", "strestore"),
    ],
)
def test_what_is_no_vault_or_account_stops_the_app(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings(**{name: value})
