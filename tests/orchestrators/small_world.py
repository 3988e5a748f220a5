"""A small world in place of Azure: one fake for each activity, of the same name, on one state that tests can look at."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bootmend import names
from bootmend.articles.article import DataVolume, FixVerdict
from bootmend.models.answer import Answer, Failure
from bootmend.models.azure import (
    AgentStatus,
    DataDiskRef,
    DiskFacts,
    ImageRef,
    Operation,
    OperationLook,
    OsDiskRef,
    Power,
    SourceMark,
    Survey,
    VmFacts,
)
from bootmend.models.backup import BackupReport, RestoreBegun, RestoreLook
from bootmend.models.boot import BootEvidence, BootVerdict, Diagnosis
from bootmend.models.decision import Means, Verdict
from bootmend.models.dump import DumpFile, DumpReport, JudgedDump, TicketReport
from bootmend.models.guest import DumpFacts, DumpPlan, GuestFacts, Plan, PlanTarget, Transcript
from bootmend.models.jobs import (
    BeginRepairVm,
    BeginSwap,
    BeginUpload,
    DataVolumes,
    Decide,
    Delete,
    DiskCopy,
    Fixed,
    FixPlan,
    Found,
    GuestLook,
    GuestScript,
    JudgeDump,
    JudgeFix,
    LookAtBoot,
    LookAtOperation,
    MatchVolumes,
    PlanFix,
    PrepareTicket,
    ReadEvidence,
    ReadUpload,
    RepairVmMade,
    ScriptBegun,
    SourceNow,
    Stored,
    Subject,
)
from bootmend.models.record import Record
from bootmend.models.restore import (
    BeginRestore,
    ClaimRestored,
    FindBackup,
    FindRestored,
    RestoredDisks,
    RestoreWatch,
)
from bootmend.models.watches import BootRound
from bootmend.models.webhooks import Deliver, Delivery, Notice, Recipients

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
VM_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-prod/providers/Microsoft.Compute/virtualMachines/vm-web-01"
ORIGINAL = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-prod/providers/Microsoft.Compute/disks/vm-web-01-os"
REPAIR_ID = names.new_repair_id(VM_ID, "0123456789ab")
COPY = names.copy_id(VM_ID, REPAIR_ID)
RESTORED = f"{VM_ID.rpartition('/virtualMachines/')[0]}/disks/vm-web-01-osdisk-20261123-080000"
SNAPSHOT = names.snapshot_id(VM_ID, REPAIR_ID)
REPAIR_VM = names.repair_vm_id(SUBSCRIPTION, "rg-bootmend", REPAIR_ID)
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOURS = timedelta(hours=1)


def means(**changes: Any) -> Means:
    given: dict[str, Any] = {
        "location": "westeurope",
        "zone": "1",
        "os_disk_id": ORIGINAL,
        "os_disk_sku": "Premium_LRS",
        "was_running": True,
        "memory_gb": 8,
        "generation": "V2",
        "is_client": False,
        "serial_offset": 100,
        "repair_image": ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="2025-datacenter"),
        "repair_sizes": ("Standard_D2s_v5", "Standard_B2ms"),
        "security_type": "Standard",
        "subnet_id": "/subscriptions/x/subnet",
        "repair_group": "rg-bootmend",
        "stable_seconds": 195,
        "boot_minutes": 30,
    }
    return Means(**{**given, **changes})


@dataclass
class SmallWorld:
    """The source VM, what the repair made, and what is to go wrong."""

    power: Power = "running"
    os_disk: str = ORIGINAL
    made: set[str] = field(default_factory=set)
    boot: str = "booted"
    further_boots: list[str] = field(default_factory=list)
    """How the VM boots on later starts, where not as the first time."""
    dumps: list[bool] = field(default_factory=list)
    takes_dumps: bool = False
    uploads: list[str] = field(default_factory=list)
    """Names of the run commands by which dumps were sent."""
    diagnoses: list[str] = field(default_factory=list)
    """Kinds for the first, second … decision; `go` once they are used up."""
    ask_first: bool = False
    point_hours_old: float | None = None
    """Age of the recovery point that can be restored; None: there is none."""
    restore_ok: bool = True
    restored_unfit: str | None = None
    fix_ok: bool = True
    dump_fits: bool = True
    data_disks: int = 0
    volumes: tuple[DataVolume, ...] = ()
    """What is found on copies of the data disks."""
    failures: dict[str, list[Failure]] = field(default_factory=dict)
    """By activity: what its next calls answer instead."""
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    """By activity: what happens just before its next call."""
    calls: Counter[str] = field(default_factory=Counter)
    begun_when: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    answers_of_receivers: dict[str, list[str]] = field(default_factory=dict)
    """By recipient: what comes of each attempt to deliver to it; the last one again and again."""

    def activities(self) -> dict[str, Callable[[Any], Record]]:
        """Every fake, by name."""
        return {name: getattr(self, name) for name in dir(self) if name in _NAMES}

    def call(self, name: str, job: Any) -> dict[str, Any]:
        """What the activity `name` answers on the wire."""
        self.calls[name] += 1
        self.begun_when.append(name)
        if name in self.before:
            self.before.pop(name)()
        if self.failures.get(name):
            return Answer(failure=self.failures[name].pop(0)).model_dump(mode="json")
        value: Record = getattr(self, name)(job)
        return Answer(value=value.model_dump(mode="json")).model_dump(mode="json")

    def read_vm(self, job: Any) -> Survey:
        agent = AgentStatus(ready=False, code="ProvisioningState/Unavailable")
        vm = VmFacts(
            id=VM_ID,
            vm_id="guid",
            name="vm-web-01",
            location="westeurope",
            size="Standard_D2s_v5",
            os_type="Windows",
            os_disk=OsDiskRef(name="vm-web-01-os", id=self.os_disk),
            agent=agent,
            power=self.power,
            data_disks=tuple(
                DataDiskRef(lun=n, name=f"data{n}", id=f"{ORIGINAL}-data{n}") for n in range(self.data_disks)
            ),
        )
        return Survey(taken_at=NOW, vm=vm, os_disk=None)

    def read_boot_evidence(self, job: Any) -> BootEvidence:
        label = ReadEvidence.model_validate(job).label
        return BootEvidence(diagnostics_on=True, names=(f"serial-{label}.log",))

    def decide(self, job: Any) -> Verdict:
        Decide.model_validate(job)
        kind = self.diagnoses.pop(0) if self.diagnoses else "go"
        found = Diagnosis(kind="critical_process_died", stop_code="0x000000EF", source="serial_log", reason="stop code")
        if kind != "go":
            return Verdict(kind=kind, reason=f"it is {kind}", diagnosis=found)
        running = self.power == "running"
        given = means(os_disk_id=self.os_disk, was_running=running, takes_dumps=self.takes_dumps)
        return Verdict(kind="go", reason="it can be repaired", diagnosis=found, means=given, ask_first=self.ask_first)

    def find_backup(self, job: Any) -> BackupReport:
        FindBackup.model_validate(job)
        if self.point_hours_old is None:
            return BackupReport(found=False, why="no configured vault protects the VM")
        taken_at = NOW - self.point_hours_old * HOURS
        ids = {"vault_id": "/vault", "item_id": "/vault/item", "point_id": "42", "staging_id": "/staging"}
        return BackupReport(found=True, why="a point", taken_at=taken_at, consistency="AppConsistent", **ids)

    def begin_restore(self, job: Any) -> RestoreBegun:
        BeginRestore.model_validate(job)
        return RestoreBegun(status_url="https://management.azure.com/status")

    def look_at_restore(self, job: Any) -> RestoreLook:
        watch = RestoreWatch.model_validate(job)
        if watch.begun.job_id is None:
            return RestoreLook(state="running", job_id="job-1")
        if not self.restore_ok:
            return RestoreLook(state="failed", job_id="job-1", code="UserErrorNoSpace", why="there is no room")
        self.made.add(RESTORED)
        return RestoreLook(state="succeeded", job_id="job-1", staging_container="vm-web-01-4711")

    def find_restored(self, job: Any) -> RestoredDisks:
        assert FindRestored.model_validate(job).job_id == "job-1"
        if RESTORED not in self.made:
            return RestoredDisks(unfit="no disk")
        disk = DiskFacts(id=RESTORED, name="restored", location="westeurope", sku="Premium_LRS", size_gb=127)
        return RestoredDisks(disks=(disk,), unfit=self.restored_unfit)

    def begin_claim(self, job: Any) -> Operation:
        claim = ClaimRestored.model_validate(job)
        return operation("Microsoft.Compute/disks/write", claim.disk_id)

    def read_source(self, job: Any) -> SourceNow:
        Subject.model_validate(job)
        mark = SourceMark(os_disk_id=self.os_disk, power=self.power, last_ownership_update_time=NOW)
        return SourceNow(exists=True, os_disk_id=self.os_disk, power=self.power, mark=mark, serial_offset=120)

    def begin_deallocate(self, job: Any) -> Operation:
        self.power = "deallocated"
        return operation("Microsoft.Compute/virtualMachines/deallocate/action", VM_ID)

    def begin_swap(self, job: Any) -> Operation:
        self.os_disk = BeginSwap.model_validate(job).disk_id
        return operation("Microsoft.Compute/virtualMachines/write", VM_ID)

    def begin_start(self, job: Any) -> Operation:
        self.power = "running"
        return operation("Microsoft.Compute/virtualMachines/start/action", VM_ID)

    def begin_snapshot(self, job: Any) -> Operation:
        label = DiskCopy.model_validate(job).label
        return self._make(names.snapshot_id(VM_ID, REPAIR_ID, label), "Microsoft.Compute/snapshots/write")

    def begin_copy(self, job: Any) -> Operation:
        label = DiskCopy.model_validate(job).label
        return self._make(names.copy_id(VM_ID, REPAIR_ID, label), "Microsoft.Compute/disks/write")

    def begin_repair_vm(self, job: Any) -> Operation:
        BeginRepairVm.model_validate(job)
        return self._make(REPAIR_VM, "Microsoft.Compute/virtualMachines/write")

    def begin_attach(self, job: Any) -> Operation:
        return operation("Microsoft.Compute/virtualMachines/attachDetachDataDisks/action", REPAIR_VM)

    def begin_detach(self, job: Any) -> Operation:
        return operation("Microsoft.Compute/virtualMachines/attachDetachDataDisks/action", REPAIR_VM)

    def begin_delete(self, job: Any) -> Operation:
        resource_id = Delete.model_validate(job).resource_id
        self.made.discard(resource_id)
        return operation("Microsoft.Compute/disks/delete", resource_id)

    def begin_untag(self, job: Any) -> Operation:
        resource_id = Delete.model_validate(job).resource_id
        self.made.discard(resource_id)
        return operation("Microsoft.Compute/disks/write", resource_id)

    def begin_script(self, job: Any) -> ScriptBegun:
        GuestScript.model_validate(job)
        return ScriptBegun(timeout_seconds=900)

    def read_facts(self, job: Any) -> GuestFacts:
        return GuestFacts(lun=0)

    def match_volumes(self, job: Any) -> DataVolumes:
        MatchVolumes.model_validate(job)
        return DataVolumes(volumes=self.volumes)

    def plan_fix(self, job: Any) -> FixPlan:
        volumes = PlanFix.model_validate(job).machine.data_volumes
        fits = self.dump_fits or bool(volumes)
        letter = volumes[0].letter if volumes else None
        dump = DumpPlan(dump_file="MEMORY.DMP", dedicated_dump_file=None, goes_to="there", fits=fits, letter=letter)
        return FixPlan(plan=PLAN.model_copy(update={"dump": dump}))

    def judge_fix(self, job: Any) -> Fixed:
        JudgeFix.model_validate(job)
        transcript = Transcript(ended="completed", identity="0123abcd", offline=True)
        return Fixed(transcript=transcript, verdict=fix_verdict(ok=self.fix_ok), evidence="transcript.json")

    def look_at_operation(self, job: Any) -> OperationLook:
        LookAtOperation.model_validate(job)
        return OperationLook(state="succeeded", started_at=NOW)

    def look_at_guest(self, job: Any) -> GuestLook:
        return GuestLook(ended=True, ok=True, output="{}")

    def look_at_boot(self, job: Any) -> BootRound:
        look = LookAtBoot.model_validate(job)
        kind = self.boot
        if self.calls["look_at_boot"] > 1 and self.further_boots:
            kind = self.further_boots.pop(0)
        verdict = BootVerdict.model_validate(
            {"kind": kind, "reason": f"it {kind}", "started_at": NOW, "decided_at": NOW}
        )
        return BootRound(watch=look.watch, next_look_in=20, verdict=verdict)

    def judge_dump(self, job: Any) -> JudgedDump:
        JudgeDump.model_validate(job)
        found = self.dumps.pop(0) if self.dumps else False
        report = DumpReport(found=found, why="a dump" if found else "no dump", lun=0 if found else None)
        return JudgedDump(report=report, file=DUMP_FILE if found else None)

    def begin_upload(self, job: Any) -> ScriptBegun:
        self.uploads.append(BeginUpload.model_validate(job).name)
        return ScriptBegun(timeout_seconds=900)

    def read_upload(self, job: Any) -> DumpReport:
        sent = ReadUpload.model_validate(job)
        return sent.report.model_copy(update={"evidence": "memory.dmp", "md5": "0" * 32})

    def prepare_ticket(self, job: Any) -> TicketReport:
        PrepareTicket.model_validate(job)
        return TicketReport(title="it does not boot", severity="B", description="…", evidence="ticket.json")

    def account(self, job: Any) -> Found:
        return Found(resource_ids=tuple(sorted(self.made)))

    def write_report(self, job: Any) -> Stored:
        return Stored(names=("report.json",))

    def find_recipients(self, job: Any) -> Recipients:
        self.notices.append(Notice.model_validate(job))
        return Recipients(ids=tuple(self.answers_of_receivers))

    def deliver(self, job: Any) -> Delivery:
        answers = self.answers_of_receivers[Deliver.model_validate(job).recipient]
        return Delivery.model_validate({"state": answers.pop(0) if len(answers) > 1 else answers[0]})

    def forget_subscriptions(self, job: Any) -> Stored:
        return Stored()

    def _make(self, resource_id: str, name: str) -> Operation:
        self.made.add(resource_id)
        return operation(name, resource_id)


def operation(name: str, resource_id: str) -> Operation:
    url = f"https://management.azure.com{resource_id}"
    return Operation(name=name, resource_id=resource_id, method="PUT", resource_url=url)


def fix_verdict(*, ok: bool) -> FixVerdict:
    return FixVerdict(
        ok=ok,
        reason="SFC repaired 1 file" if ok else "SFC could not run",
        sfc="all_repaired" if ok else "could_not_run",
        serial_console_on=True,
        dump_on=True,
        dump_goes_to="the OS disk",
        identity_unchanged=True,
    )


PLAN = Plan(title="repair", target=PlanTarget(lun=0, style="GPT", identity="0123abcd"), volumes=(), commands=())
DUMP_FILE = DumpFile(
    facts=DumpFacts(partition=4, path="E:\\Windows\\MEMORY.DMP", size_bytes=1 << 30, written_at=NOW),
    lun=0,
    identity="3f2504e0-4f89-11d3-9a0c-0305e82c3301",
)
_NAMES = frozenset(
    name
    for name in vars(SmallWorld)
    if not name.startswith("_") and name not in {"activities", "call"} and callable(vars(SmallWorld)[name])
)
__all__ = ["COPY", "ORIGINAL", "REPAIR_ID", "REPAIR_VM", "SNAPSHOT", "VM_ID", "RepairVmMade", "SmallWorld", "means"]
