"""The plan of a dry run, in words and commands: what would be created, for how long, and each step in the article's order.

The commands come from the article itself, planned for a disk as the VM's generation has it. Its letters and identifiers are
known only once a copy is looked into, so placeholders in angle brackets stand for them.
"""

import re
from typing import Final

from bootmend.articles import critical_process_died as article
from bootmend.articles.article import Machine
from bootmend.models.decision import Means
from bootmend.models.guest import (
    AttachedDisk,
    BootStore,
    ControlSetFacts,
    GuestFacts,
    HiveFacts,
    LoaderEntry,
    MountedLetter,
    Plan,
    SelectFacts,
    VolumeFacts,
    WindowsFacts,
)
from bootmend.names import ResourceId

COMMAND_INDENT: Final = "    "
"""A line of a plan that begins with it is a command, every other is a sentence."""

_BOOT, _WINDOWS, _TEMPORARY = "E", "F", "D"
_MOUNTED = "S"
"""The first letter that the article's plan gives to a partition without one."""
_LOADER: Final = "{00000000-0000-0000-0000-0000000000b0}"
_BOOT_VOLUME: Final = "00000000-0000-0000-0000-0000000000b1"
_WINDOWS_VOLUME: Final = "00000000-0000-0000-0000-0000000000b2"
_DISK: Final = "00000000-0000-0000-0000-0000000000b3"
_SIGNATURE: Final = "000000b3"
_WINDOWS_MB: Final = 16 * 1024 * 1024
"""Free space beyond every RAM: the plan shows the dump on the OS volume, and says in words that the free space decides."""


def dry_run_plan(vm_id: str, means: Means) -> tuple[str, ...]:
    """The plan as lines of text, sentences and indented commands. Nothing of it has been done."""
    vm = ResourceId.parse(vm_id)
    commands = tuple(f"{COMMAND_INDENT}{line}" for line in planned_commands(means))
    return (
        *_created(vm, means),
        *_before(vm, means),
        "3. Inspect: a script on the repair VM reads disks, volumes, boot entries, registry, free space and dumps; it "
        "changes nothing. A disk that cannot be repaired safely ends the repair here, and the VM is put back as found.",
        "4. Fix, on the copy: these commands, in this order; each change is read back.",
        *commands,
        "   <boot> and <windows> stand for the letters of the broken VM's boot and Windows volumes, <boot volume> and "
        "<boot entry> for their identifiers. The commands for ControlSet001 are run for each control set that exists.",
        f"   DumpFile is as shown if the Windows volume has more than {means.memory_gb:g} GB free (the VM's memory); else "
        "it goes to a data disk with room. DedicatedDumpFile is set only where no page file could take the dump.",
        *_after(vm, means),
    )


def _created(vm: ResourceId, means: Means) -> tuple[str, ...]:
    sizes = ", ".join(means.repair_sizes)
    return (
        f"Created in {vm.group}: a snapshot of the OS disk {_name(means.os_disk_id)}, and a managed disk ({means.os_disk_sku}) "
        "copied from it. The snapshot is deleted at the end; the copy becomes the VM's OS disk, or is deleted.",
        f"Created in {means.repair_group}: one repair VM in {means.location}, with its network interface and OS disk, in the "
        f"first of these sizes that can be had: {sizes}. All of it is deleted at the end.",
        "For how long: usually 30 to 80 minutes, most of it SFC (15 to 60 minutes). The VM is down from step 1 to step 5.",
    )


def _before(vm: ResourceId, means: Means) -> tuple[str, ...]:
    stopping = (
        f"1. Prepare: {vm.name} is deallocated. Its temporary disk is lost, a dynamic public IP address may change."
        if means.was_running
        else f"1. Prepare: {vm.name} is deallocated already, and is left so."
    )
    return (
        stopping,
        "2. Prepare: the OS disk is snapshotted and copied, the repair VM is made, and the copy is attached to it.",
    )


def _after(vm: ResourceId, means: Means) -> tuple[str, ...]:
    return (
        f"5. Rebuild: the repaired copy is swapped in as the OS disk of {vm.name}, and the VM is started. The swap is done "
        "only if nobody changed the VM meanwhile.",
        f"6. Verify: the boot counts once the VM agent reports Ready, no new bugcheck is seen, and both hold for "
        f"{means.stable_seconds} s. After {means.boot_minutes} minutes without a sign of life a person is asked.",
        "7. If it stops again: the memory dump is looked for, the original OS disk is swapped back, a support ticket is drafted.",
        f"8. Close: everything made is deleted or listed. The original OS disk {_name(means.os_disk_id)} is never deleted.",
    )


def planned_commands(means: Means) -> tuple[str, ...]:
    """The article's native command lines for a VM like this one, with placeholders for what only the disk can tell."""
    machine = Machine(memory_gb=means.memory_gb, generation=means.generation, is_client=means.is_client)
    match article.plan(_typical_disk(means), machine):
        case Plan() as plan:
            return tuple(_with_placeholders(line) for line in plan.lines)
        case refusal:
            raise RuntimeError(f"the typical disk of a dry run must be repairable: {refusal.reason}")


def _with_placeholders(line: str) -> str:
    for text, placeholder in (
        (_LOADER, "{<boot entry>}"),
        (_BOOT_VOLUME, "<boot volume>"),
        (_WINDOWS_VOLUME, "<windows volume>"),
    ):
        line = line.replace(text, placeholder)
    line = re.sub(rf"(?<![A-Za-z/]){_WINDOWS}:", "<windows>:", line)
    return re.sub(rf"(?<![A-Za-z/])[{_BOOT}{_MOUNTED}]:", "<boot>:", line)


def _typical_disk(means: Means) -> GuestFacts:
    """A disk as an image from the marketplace has it: a boot partition and a Windows partition, one control set."""
    v2 = means.generation == "V2"
    boot = VolumeFacts(
        partition=1,
        id=_BOOT_VOLUME,
        role="efi" if v2 else "active",
        letter=None if v2 else _BOOT,
        file_system="FAT32" if v2 else "NTFS",
        free_mb=60,
    )
    windows = VolumeFacts(
        partition=2, id=_WINDOWS_VOLUME, letter=_WINDOWS, file_system="NTFS", size_mb=_WINDOWS_MB, free_mb=_WINDOWS_MB
    )
    loader = LoaderEntry(
        id=_LOADER,
        path=f"\\Windows\\system32\\winload.{'efi' if v2 else 'exe'}",
        path_exists=True,
        device_partition=2,
        osdevice_partition=2,
        systemroot="\\Windows",
    )
    store = "\\EFI\\Microsoft\\Boot\\BCD" if v2 else "\\Boot\\BCD"
    return GuestFacts(
        lun=0,
        disk=AttachedDisk(number=2, online=True, style="GPT" if v2 else "MBR", identity=_DISK if v2 else _SIGNATURE),
        volumes=(boot, windows),
        boot_store=BootStore(partition=1, path=store, default=_LOADER, loaders=(loader,)),
        windows=(WindowsFacts(partition=2, folder="\\Windows", hive=_typical_hive()),),
        own_letters=("C", "D"),
    )


def _typical_hive() -> HiveFacts:
    """The page file on the temporary disk, as Azure's images have it."""
    return HiveFacts(
        state="readable",
        select=SelectFacts(current=1, default=1),
        control_sets=(ControlSetFacts(number=1, page_files=(f"{_TEMPORARY}:\\pagefile.sys",)),),
        mounted=(MountedLetter(letter="C", partition=2), MountedLetter(letter=_TEMPORARY)),
    )


def _name(resource_id: str) -> str:
    return ResourceId.parse(resource_id).name
