"""The support ticket of a VM that still does not boot, read as a support engineer would: complete, and nothing secret."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bootmend.articles.article import FixVerdict
from bootmend.memory_dump import DumpHeader
from bootmend.models.azure import AgentStatus, DataDiskRef, DiskFacts, ImageRef, OsDiskRef, SizeFacts, Survey, VmFacts
from bootmend.models.boot import BootVerdict, Diagnosis
from bootmend.models.guest import CommandResult, Transcript
from bootmend.models.repair import Kept, StepRecord
from bootmend.secret_text import secrets_in
from bootmend.ticket import (
    DESCRIPTION_LIMIT,
    TITLE_LIMIT,
    DumpAccount,
    TicketDraft,
    TicketFacts,
    draft_ticket,
)

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GROUP = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/web/providers/Microsoft.Compute"
VM = f"{GROUP}/virtualMachines/vm-web-01"
SAS = "sv=2025-11-05&sr=b&sp=rcw&se=2026-11-24T12%3A00%3A00Z&sig=v9q8Lw1%2BzYp4s0T7uJx%3D"
ACCOUNT_KEY = base64.b64encode(bytes(range(64))).decode()


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def survey() -> Survey:
    vm = VmFacts(
        id=VM,
        vm_id="9a3f2d10-5a6e-4c1b-8f0e-1f2a3b4c5d6e",
        name="vm-web-01",
        location="westeurope",
        size="Standard_D2s_v5",
        zone="1",
        os_type="Windows",
        os_name="Windows Server 2022 Datacenter",
        os_version="10.0.20348.2700",
        generation="V2",
        power="running",
        os_disk=OsDiskRef(name="vm-web-01-os", id=f"{GROUP}/disks/vm-web-01-os"),
        data_disks=(DataDiskRef(lun=0, name="vm-web-01-data", id=f"{GROUP}/disks/vm-web-01-data"),),
        image=ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="2022-datacenter-g2"),
        extensions=("Microsoft.Azure.Monitor.AzureMonitorWindowsAgent",),
        agent=AgentStatus(ready=False, code="ProvisioningState/Unavailable"),
    )
    disk = DiskFacts(
        id=f"{GROUP}/disks/vm-web-01-os", name="vm-web-01-os", location="westeurope", sku="Premium_LRS", size_gb=127
    )
    size = SizeFacts(name="Standard_D2s_v5", family="standardDSv5Family", cores=2, memory_gb=8)
    return Survey(taken_at=START, vm=vm, os_disk=disk, source_size=size)


def fix() -> FixVerdict:
    return FixVerdict(
        ok=True,
        reason="SFC could not mend 1 file",
        sfc="some_not_repaired",
        files_repaired=("ntdll.dll",),
        files_not_repaired=("csrss.exe",),
        serial_console_on=True,
        dump_on=True,
        dump_goes_to="%SystemRoot%\\MEMORY.DMP on the OS volume",
        identity_unchanged=True,
    )


def transcript(*, tail: str = "", commands: int = 2) -> Transcript:
    results = (
        CommandResult(
            id=f"c{number}",
            line=f"sfc /scannow /offbootdir=F:\\ /offwindir=E:\\Windows {tail}{number}",
            article_step="4",
            exit_code=0,
            seconds=1500.4,
            tail=tail,
        )
        for number in range(commands)
    )
    return Transcript(ended="completed", identity=None, offline=True, commands=tuple(results))


def boots() -> tuple[BootVerdict, ...]:
    reason = "a bugcheck with stop code 0x000000EF stands in the serial log after this start"
    return (
        BootVerdict(kind="bugcheck", stop_code="0x000000EF", reason=reason, started_at=at(60), decided_at=at(64)),
        BootVerdict(kind="bugcheck", stop_code="0x000000EF", reason=reason, started_at=at(80), decided_at=at(85)),
    )


def dump() -> DumpAccount:
    header = DumpHeader(
        bug_check=0xEF,
        parameters=(0xFFFFA40C1B5F3080, 0, 0, 0),
        kind="full",
        kind_number=1,
        required_bytes=8 << 30,
        system_time=at(83),
    )
    why = "E:\\Windows\\MEMORY.DMP counts: its header names a crash at 2026-11-23 13:23:00Z"
    return DumpAccount(why=why, header=header, evidence="memory.dmp", size_bytes=8 << 30, md5="9e107d9d372bb682")


def facts(**changes: Any) -> TicketFacts:
    """The end of the scenario unrepairable-file."""
    known: dict[str, Any] = {
        "repair_id": "0123456789abcdef-0123456789ab",
        "article": "Windows stop error 0x000000EF, critical process died",
        "survey": survey(),
        "diagnosis": Diagnosis(
            kind="critical_process_died",
            stop_code="0x000000EF",
            source="serial_log",
            reason="stop code 0x000000EF in the serial log",
        ),
        "steps": (
            StepRecord(name="deallocate_source", started_at=at(2), finished_at=at(4), result="done"),
            StepRecord(name="verify_boot", started_at=at(60), finished_at=at(64), result="bugcheck"),
        ),
        "transcripts": (transcript(),),
        "fix": fix(),
        "boots": boots(),
        "dump": dump(),
        "evidence": ("memory.dmp", "screenshot-before.bmp", "serial-before.log", "transcript.json"),
        "evidence_place": "https://evidence.blob.core.windows.net/repairs/0123456789abcdef-0123456789ab",
        "kept": (Kept(resource_id=f"{GROUP}/disks/vm-web-01-os", why="the original OS disk", until=at(60 * 24 * 14)),),
    }
    return TicketFacts.model_validate(known | changes)


@pytest.mark.parametrize(
    "needed",
    [
        VM,
        "9a3f2d10-5a6e-4c1b-8f0e-1f2a3b4c5d6e",
        "westeurope, zone 1",
        "Standard_D2s_v5, 2 vCPUs, 8 GB",
        "Windows Server 2022 Datacenter 10.0.20348.2700",
        "2022-datacenter-g2",
        "Generation V2, security type Standard, SCSI",
        "vm-web-01-os, Premium_LRS, 127 GB",
        "LUN 0 vm-web-01-data",
        "AzureMonitorWindowsAgent",
        "stop code 0x000000EF in the serial log",
        "a process that Windows cannot do without ended",
        "0xFFFFA40C1B5F3080",
        "Kind: full (type 1)",
        "memory.dmp, 8589934592 bytes, MD5 9e107d9d372bb682",
        "screenshot-before.bmp",
        "evidence.blob.core.windows.net",
        "Windows stop error 0x000000EF, critical process died",
        "could not be mended: csrss.exe",
        "Files that mended: ntdll.dll",
        "swapped in and started 2 times; no start was seen to succeed",
        "2026-11-23 12:02:00Z  Step deallocate_source",
        "2026-11-23 13:25:00Z  Start 2 judged bugcheck",
        "2026-11-23 13:23:00Z  Crash of the memory dump",
        "sfc /scannow /offbootdir=F:\\ /offwindir=E:\\Windows 0 -> exit code 0, 1500 s",
        "the original OS disk (until 2026-12-07)",
        "0123456789abcdef-0123456789ab",
        "Say from the dump which process ended",
    ],
)
def test_the_description_has_what_support_asks_for(needed: str) -> None:
    assert needed in draft_ticket(facts()).description


def test_the_draft_names_the_vm_and_the_stop_code_first() -> None:
    draft = draft_ticket(facts(), severity="critical")
    assert draft.title == (
        "Windows VM vm-web-01 does not boot: stop code 0x000000EF; offline repair did not help"
    )  # fmt: skip
    assert (draft.severity, draft.severity_words) == ("critical", "A, critical impact")
    assert draft.vm_id == VM
    assert draft.problem_started_at == START
    assert draft.bug_check is not None
    assert "CRITICAL_PROCESS_DIED" in draft.bug_check


def test_the_timeline_is_in_order() -> None:
    timeline = draft_ticket(facts()).timeline
    assert [entry.at for entry in timeline] == sorted(entry.at for entry in timeline)
    assert timeline[0].what == "Read by Bootmend: stop code 0x000000EF in the serial log"


def test_the_absence_of_a_dump_is_told_with_its_reasons() -> None:
    why = "No dump: 4 GB free on the OS volume is not larger than the 8 GB of RAM, and no data disk has room."
    draft = draft_ticket(facts(dump=DumpAccount(why=why), evidence=("serial-before.log",)))
    assert why in draft.description
    assert draft.bug_check == "0x000000EF"
    assert "Stored as" not in draft.description


def test_what_is_not_known_is_not_made_up() -> None:
    bare = survey().model_copy(update={"os_disk": None, "source_size": None})
    vm = bare.vm.model_copy(update={"os_name": None, "os_version": None, "image": None, "zone": None, "data_disks": ()})
    unknown = Diagnosis(kind="unknown", reason="boot diagnostics are off")
    draft = draft_ticket(
        facts(survey=bare.model_copy(update={"vm": vm}), diagnosis=unknown, fix=None, boots=(), transcripts=(), steps=(),
              dump=DumpAccount(why="None was looked for."), evidence=(), evidence_place="", kept=())
    )  # fmt: skip
    assert draft.title.endswith("stop code unknown; offline repair did not help")
    assert "Windows: unknown to the VM agent" in draft.description
    assert "No repair of the disk was carried out." in draft.description
    assert draft.bug_check is None
    assert "started" not in "".join(draft.tried)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ([], "was not started in the VM"),
        (["bugcheck"], "started once; no start was seen to succeed"),
        (["silent", "booted"], "started 2 times; start 2 was seen to succeed"),
    ],
)
def test_starts_are_told_as_they_were(kinds: list[str], words: str) -> None:
    seen = tuple(boots()[0].model_copy(update={"kind": kind}) for kind in kinds)
    assert words in draft_ticket(facts(boots=seen)).description


SECRETS = [
    (f"https://evidence.blob.core.windows.net/repairs/x/memory.dmp?{SAS}", "a SAS signature"),
    ("sp=r&SIG=abc", "a SAS signature"),
    ("redirect=https%3A%2F%2Fx.blob.core.windows.net%2Fa%3Fsig%3DabcDEF", "a SAS signature"),
    ("sig%253DabcDEF", "a SAS signature"),
    (f"AccountName=evidence;AccountKey={ACCOUNT_KEY}", "an account key"),
    (f"the key {ACCOUNT_KEY} was used", "an account key"),
    ("Authorization: Bearer abcdefgh12345678", "a bearer token"),
    ("token eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl", "a bearer token"),
    ("adminPassword: Tr0ub4dor", "a password"),
    ('"client_secret": "abc"', "a password"),
    ("DB_PASSWORD=hunter2", "a password"),
    ("net use \\\\x /user:y PWD=z", "a password"),
    ("x-api-key: 123", "a password"),
    ("ftp://user:pa55@host/x", "a password"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ("abc8Q~0123456789abcdefghijklmnopqrstuvwx", "a client secret"),
    ("111111-222222-333333-444444-555555-666666-777777-888888", "a BitLocker recovery key"),
]


@pytest.mark.parametrize(("text", "kind"), SECRETS)
def test_secrets_are_found(text: str, kind: str) -> None:
    assert kind in secrets_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        VM,
        "https://evidence.blob.core.windows.net/repairs/0123456789abcdef-0123456789ab/memory.dmp",
        "the password was not asked for; no key, no token, no secret, no signature",
        "SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\CrashControl /v DumpFile /t REG_EXPAND_SZ",
        "bcdedit /store F:\\Boot\\BCD /enum {3f2504e0-4f89-11d3-9a0c-0305e82c3301} /v",
        "disk signature 1a2b3c4d is unchanged",
        "2026-11-23T12:00:00Z vm-web-01: config=ok, design=done",
    ],
)
def test_plain_text_is_let_through(text: str) -> None:
    assert secrets_in(text) == ()


@pytest.mark.parametrize(("text", "kind"), SECRETS)
def test_a_secret_never_reaches_the_ticket(text: str, kind: str) -> None:
    """Wherever the facts hold one, its line is left out and the rest stays."""
    tail = f"first line\n{text}\nlast line"
    note = FixVerdict.model_validate(fix().model_dump() | {"notes": [tail]})
    step = StepRecord(name="upload_dump", started_at=at(90), result=text)
    draft = draft_ticket(
        facts(
            fix=note,
            steps=(step,),
            transcripts=(transcript(tail=text),),
            dump=DumpAccount(why=text),
            evidence_place=text,
        )
    )
    assert secrets_in(draft.model_dump_json()) == ()
    assert text not in draft.model_dump_json()
    assert kind in draft.description
    assert VM in draft.description
    assert ("last line" in draft.description) is (kind != "a private key")


def test_a_private_key_is_left_out_to_its_end() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----"
    assert "MIIEvQ" not in draft_ticket(facts(dump=DumpAccount(why=key))).description


def test_a_draft_that_holds_a_secret_cannot_be_made() -> None:
    good = draft_ticket(facts()).model_dump()
    for change in ({"description": f"see\n{SAS}"}, {"evidence": [f"memory.dmp?{SAS}"]}, {"tried": ["x", "password=y"]}):
        with pytest.raises(ValidationError, match="a ticket must not hold a") as raised:
            TicketDraft.model_validate(good | change)
        assert "must not hold" in str(raised.value.errors(include_input=False)[0]["msg"])


def test_a_long_repair_still_fits_and_says_what_is_missing() -> None:
    steps = tuple(StepRecord(name=f"step_{number}", started_at=at(number), result="x" * 90) for number in range(300))
    draft = draft_ticket(facts(steps=steps, transcripts=(transcript(commands=200),)))
    assert len(draft.description) <= DESCRIPTION_LIMIT
    assert "lines left out; the report has them" in draft.description
    assert "Step step_0:" in draft.description
    assert "Step step_299:" in draft.description
    assert len(draft.timeline) == 306
    assert "Say from the dump" in draft.description


def test_hopelessly_long_texts_are_cut_to_the_limits() -> None:
    vm = survey().vm.model_copy(update={"name": "v" * 300})
    steps = tuple(StepRecord(name="verify_boot", started_at=at(1), result="y" * 9000) for _ in range(3))
    draft = draft_ticket(facts(survey=survey().model_copy(update={"vm": vm}), steps=steps))
    assert (len(draft.title), len(draft.description) <= DESCRIPTION_LIMIT) == (TITLE_LIMIT, True)
    assert "VM:" in draft.description


def test_the_longest_ticket_is_the_same_on_the_wire() -> None:
    draft = draft_ticket(facts())
    assert TicketDraft.model_validate_json(draft.model_dump_json()) == draft
