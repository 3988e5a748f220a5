"""The upload of a dump, end to end in the sandbox: what is stored, where its link is not, and what happens without a container."""

import hashlib
import json
from pathlib import Path

import pytest

from bootmend.secret_text import secrets_in
from sandbox.player.play import Played, Player
from sandbox.scenario import Scenario, load
from sandbox.world import World
from tests.source_tree import ROOT


def scenario(name: str, **settings: str) -> Scenario:
    found = load(ROOT / "sandbox" / "scenarios" / f"{name}.yaml")
    return found.model_copy(update={"settings": settings})


def played(world: World, given: Scenario) -> Played:
    return Player(given, world).play()


def written(world: World, report: object) -> list[str]:
    """All that the engine keeps, that callers see, and that the host wrote to its log."""
    texts = [json.dumps(report), *world.host_log()]
    for view in world.engine.instances():
        texts += [text for text in (view.input, view.output, view.custom_status) if text]
        histories = (world.engine.history(view.instance_id), *world.engine.past_histories(view.instance_id))
        texts += [str(event) for history in histories for event in history]
    return texts


def evidence(world: World) -> list[bytes]:
    return [path.read_bytes() for path in world.evidence.iterdir()]


@pytest.mark.parametrize("name", ["unrepairable-with-dump", "dump-upload-fails"])
def test_the_link_is_in_no_input_output_status_log_report_or_evidence(name: str) -> None:
    given = scenario(name)
    with World(given) as world:
        report = played(world, given).answer.body
        secrets = {one.value for one in world.azure.secrets() if one.kind in {"protected parameter", "blob signature"}}
        assert len(secrets) > 2
        assert not [text[:300] for text in written(world, report) for secret in secrets if secret in text]
        assert not [data[:300] for data in evidence(world) for secret in secrets if secret.encode() in data]
        assert not [text[:300] for text in written(world, report) if "a SAS signature" in secrets_in(text)]


def test_the_dump_is_stored_as_the_report_says() -> None:
    given = scenario("dump-upload-interrupted")
    with World(given) as world:
        report = played(world, given).report
        dump = report.dump
        assert dump is not None
        assert dump.evidence == "memory.dmp"
        stored = world.azure.storage.service.stored(f"{report.id}/memory.dmp")
        assert (len(stored), hashlib.md5(stored).hexdigest()) == (dump.size_bytes, dump.md5)


def test_without_a_container_the_disk_is_kept_and_the_report_says_why(tmp_path: Path) -> None:
    settings = {"BOOTMEND_EVIDENCE_URL": "", "BOOTMEND_EVIDENCE_FOLDER": str(tmp_path)}
    given = scenario("unrepairable-with-dump", **settings)
    with World(given) as world:
        report = played(world, given).report
    assert report.dump is not None
    assert report.dump_is() == "kept"
    assert "no storage account is configured" in report.dump.why
    assert [kept.resource_id for kept in report.kept if kept.resource_id.endswith("-f0-disk")]
    assert (tmp_path / report.id / "ticket.json").is_file()
