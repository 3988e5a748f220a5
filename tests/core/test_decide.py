"""Go, or an end before anything was touched."""

from datetime import timedelta

import pytest

from bootmend.decide import UNKNOWN_MEMORY_GB, decide
from bootmend.models.azure import ImageRef, Survey
from bootmend.models.boot import BootEvidence
from bootmend.models.decision import Means, Verdict
from tests.core.facts import (
    DISK_ID,
    READY,
    SUBNET_ID,
    agent,
    disk,
    evidence,
    policy,
    serial,
    settings,
    size,
    survey,
    vm,
)

SILENT = evidence(serial=serial())
OTHER = evidence(serial=serial(stop_code=0x7B, bugcheck_at=900))
EXCLUDED = {"bootmend:exclude": "yes"}
NO_DIAGNOSIS = {"require_diagnosis": False}


def decided(seen: Survey, found: BootEvidence | None = None, **choices: object) -> Verdict:
    return decide(seen, found or evidence(), policy(**choices), settings())


def means_of(seen: Survey, found: BootEvidence | None = None, **choices: object) -> Means:
    verdict = decided(seen, found, **choices)
    assert verdict.means is not None
    return verdict.means


@pytest.mark.parametrize(
    ("seen", "found", "kind"),
    [
        pytest.param(survey(), evidence(), "go", id="0xEF"),
        pytest.param(survey(), SILENT, "go", id="nobody can tell: a person is asked"),
        pytest.param(survey(), BootEvidence(diagnostics_on=False), "go", id="boot diagnostics off: a person is asked"),
        pytest.param(survey(), OTHER, "not_applicable", id="another stop code"),
        pytest.param(survey(vm=vm(agent=READY)), SILENT, "not_applicable", id="healthy"),
        pytest.param(
            survey(vm=vm(agent=READY), subnet_id=None), SILENT, "not_applicable", id="healthy, could not be repaired"
        ),
        pytest.param(survey(subnet_id=None), OTHER, "not_applicable", id="another stop code, could not be repaired"),
        pytest.param(survey(vm=vm(tags=EXCLUDED)), evidence(), "refused", id="0xEF, excluded"),
        pytest.param(survey(vm=vm(tags=EXCLUDED)), OTHER, "refused", id="another stop code, excluded"),
        pytest.param(survey(vm=vm(tags=EXCLUDED, agent=READY)), SILENT, "refused", id="healthy, excluded"),
        pytest.param(survey(subnet_id=None), evidence(), "refused", id="0xEF, could not be repaired"),
        pytest.param(survey(os_disk=None), evidence(), "refused", id="0xEF, the disk cannot be read"),
        pytest.param(survey(vm=vm(power="deallocated")), evidence(), "refused", id="deallocated"),
        pytest.param(survey(vm=vm(power="deallocated")), OTHER, "refused", id="deallocated, an old code in the log"),
    ],
)
def test_verdict(seen: Survey, found: BootEvidence, kind: str) -> None:
    verdict = decided(seen, found)
    assert verdict.kind == kind
    assert (verdict.means is not None) is (kind == "go")


def test_a_refusal_tells_every_reason() -> None:
    verdict = decided(survey(vm=vm(tags=EXCLUDED), subnet_id=None))
    assert [refusal.code for refusal in verdict.refusals] == ["Excluded", "NoRepairSubnet"]
    assert all(refusal.reason in verdict.reason for refusal in verdict.refusals)
    assert verdict.diagnosis.kind == "critical_process_died"


@pytest.mark.parametrize(
    ("seen", "found", "choices", "ask"),
    [
        pytest.param(survey(), evidence(), {}, False, id="0xEF: as the policy says"),
        pytest.param(survey(), SILENT, {}, True, id="unknown"),
        pytest.param(survey(vm=vm(agent=READY)), evidence(), {}, True, id="log and agent contradict each other"),
        pytest.param(survey(), SILENT, NO_DIAGNOSIS, False, id="unknown, and the caller does without a diagnosis"),
        pytest.param(survey(vm=vm(power="deallocated")), SILENT, NO_DIAGNOSIS, False, id="deallocated, likewise"),
    ],
)
def test_without_a_diagnosis_a_person_is_asked(
    seen: Survey, found: BootEvidence, choices: dict[str, object], ask: bool
) -> None:
    verdict = decided(seen, found, **choices)
    assert verdict.kind == "go"
    assert verdict.ask_first is ask


def test_an_agent_that_stopped_reporting_does_not_hide_the_stop_code() -> None:
    stale = agent(ready=True, time=survey().taken_at - timedelta(hours=1))
    verdict = decided(survey(vm=vm(agent=stale)))
    assert (verdict.kind, verdict.ask_first) == ("go", False)


def test_the_means_are_those_of_the_vm_its_disk_and_the_settings() -> None:
    means = means_of(survey(repair_sizes=(size(name="A"), size(name="B", controllers=("NVMe",)), size(name="C"))))
    assert means == Means(
        location="westeurope",
        zone="1",
        os_disk_id=DISK_ID,
        os_disk_sku="Premium_LRS",
        was_running=True,
        memory_gb=8,
        generation="V2",
        is_client=False,
        serial_offset=5000,
        repair_image=means.repair_image,
        repair_sizes=("A", "C"),
        security_type="Standard",
        subnet_id=SUBNET_ID,
        repair_group="rg-bootmend",
        stable_seconds=195,
        boot_minutes=30,
    )


def test_what_is_unknown_is_assumed_in_the_careful_direction() -> None:
    means = means_of(survey(source_size=None), evidence(serial=None))
    assert means.memory_gb == UNKNOWN_MEMORY_GB
    assert means.serial_offset == 0


def test_the_repair_vm_joins_the_disk_in_its_zone() -> None:
    assert means_of(survey(vm=vm(zone=None), os_disk=disk(zone="3"))).zone == "3"


def test_a_vm_that_was_off_is_known_to_have_been_off() -> None:
    assert means_of(survey(vm=vm(power="deallocated")), SILENT, **NO_DIAGNOSIS).was_running is False


def test_dumps_are_taken_only_where_a_container_could_hold_them() -> None:
    container = settings(evidence_folder=None, evidence_url="https://account.blob.core.windows.net/evidence")
    verdict = decide(survey(), evidence(), policy(), container)
    assert verdict.means is not None
    assert verdict.means.takes_dumps
    assert not means_of(survey()).takes_dumps


@pytest.mark.parametrize(
    ("of_vm", "of_disk", "expected"),
    [("V1", "V2", "V1"), ("V2", "V1", "V2"), (None, "V2", "V2"), (None, "V1", "V1"), (None, None, "V1")],
)
def test_the_generation_is_the_vms_else_the_disks_else_one(
    of_vm: str | None, of_disk: str | None, expected: str
) -> None:
    """Azure leaves the generation out for the oldest disks, which are all of generation 1."""
    assert means_of(survey(vm=vm(generation=of_vm), os_disk=disk(generation=of_disk))).generation == expected


WIN11 = ImageRef(publisher="MicrosoftWindowsDesktop", offer="windows-11", sku="win11-23h2-ent")
STUDIO = ImageRef(publisher="MicrosoftVisualStudio", offer="visualstudio2022", sku="vs-2022-ent-win11-gen2")
OFFICE = ImageRef(publisher="microsoftwindowsdesktop", offer="office-365", sku="21h2-evd-o365pp")


@pytest.mark.parametrize(
    ("os_name", "image", "client"),
    [
        pytest.param("Windows 11 Enterprise", None, True, id="the agent says so"),
        pytest.param("Windows 10 Pro", None, True, id="Windows 10"),
        pytest.param(None, WIN11, True, id="the image's offer says so"),
        pytest.param(None, STUDIO, True, id="only the image's sku says so"),
        pytest.param(None, OFFICE, True, id="the publisher says so"),
        pytest.param("Windows Server 2022 Datacenter", None, False, id="a server"),
        pytest.param(
            None,
            ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="x"),
            False,
            id="a server image",
        ),
        pytest.param(None, None, False, id="unknown"),
    ],
)
def test_client_windows_is_known_by_agent_or_image(os_name: str | None, image: ImageRef | None, client: bool) -> None:
    assert means_of(survey(vm=vm(os_name=os_name, image=image))).is_client is client


def test_a_verdict_survives_the_wire() -> None:
    verdict = decided(survey())
    assert Verdict.model_validate(verdict.model_dump(mode="json")) == verdict
