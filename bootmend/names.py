"""Azure's resource ids, and the names of what a repair makes.

Names derive from the repair's id alone, so that a step done twice finds what it made the first time.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

REPAIR_TAG = "bootmend:repair"
ROLE_TAG = "bootmend:role"
SOURCE_TAG = "bootmend:source"
TAG_PREFIX = "bootmend:"

type Role = Literal["snapshot", "copy", "repair-vm", "run-command", "restored"]

_ID = re.compile(
    r"/subscriptions/(?P<subscription>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"/resourceGroups/(?P<group>[A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-])"
    r"/providers/(?P<provider>[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)+)"
    r"(?P<path>(?:/[A-Za-z][A-Za-z0-9]*/[A-Za-z0-9_][A-Za-z0-9_.()-]{0,127})+)",
    re.IGNORECASE | re.ASCII,
)
_REPAIR_ID = re.compile(r"[0-9a-f]{16}-[0-9a-f]{12}")
_LABEL = re.compile(r"[a-z0-9]{0,12}")
# Events carry ids in lower case; Azure's own spelling is restored so that one resource has one text.
_SPELLINGS = {
    word.lower(): word
    for word in (
        "Microsoft.Compute", "virtualMachines", "disks", "snapshots", "runCommands",
        "Microsoft.Network", "virtualNetworks", "subnets", "networkInterfaces",
    )
}  # fmt: skip


@dataclass(frozen=True)
class ResourceId:
    """One Azure resource. A child's `type` and `name` hold both parts: `virtualMachines/runCommands`, `vm/inspect`."""

    subscription: str
    group: str
    provider: str
    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "ResourceId":
        """Reads a resource's full id. Raises ValueError with what would be right."""
        found = _ID.fullmatch(text)
        if found is None:
            raise ValueError(
                "a resource id looks like /subscriptions/<guid>/resourceGroups/<group>/providers/Microsoft.Compute/"
                f"virtualMachines/<name>, not {text[:300]!r}"
            )
        parts = found["path"].split("/")[1:]
        kinds = [_SPELLINGS.get(part.lower(), part) for part in parts[0::2]]
        provider = _SPELLINGS.get(found["provider"].lower(), found["provider"])
        return cls(found["subscription"].lower(), found["group"], provider, "/".join(kinds), "/".join(parts[1::2]))

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    @property
    def full_type(self) -> str:
        """As permissions name it: `Microsoft.Compute/virtualMachines`."""
        return f"{self.provider}/{self.type}"

    def sibling(self, kind: str, name: str) -> "ResourceId":
        """Another resource of the same provider in the same group."""
        return ResourceId(self.subscription, self.group, self.provider, kind, name)

    def child(self, kind: str, name: str) -> "ResourceId":
        return self.sibling(f"{self.type}/{kind}", f"{self.name}/{name}")

    def __str__(self) -> str:
        path = "".join(f"/{kind}/{name}" for kind, name in zip(self.type.split("/"), self.name.split("/"), strict=True))
        return f"{self.group_id}/providers/{self.provider}{path}"


def same_id(a: str | None, b: str | None) -> bool:
    """Azure compares ids without regard to case. Nothing is not the same as nothing."""
    return a is not None and b is not None and a.lower() == b.lower()


def vm_hash(vm_id: str) -> str:
    """16 hex digits that stand for a VM, however its id is spelled."""
    return hashlib.sha256(vm_id.lower().encode()).hexdigest()[:16]


def attend_id(vm_id: str) -> str:
    """The instance id under which a VM is attended: one VM, one instance, so the engine refuses a second repair."""
    return f"vm-{vm_hash(vm_id)}"


def new_repair_id(vm_id: str, random_hex: str) -> str:
    """`<16 hex of the VM>-<12 hex>`. `random_hex` holds at least 12 hex digits. Raises ValueError otherwise."""
    return _checked(f"{vm_hash(vm_id)}-{random_hex.lower()[:12]}")


def attend_id_of(repair_id: str) -> str:
    """The instance that attends the repair's VM. Raises ValueError if the text is no repair id."""
    return f"vm-{_checked(repair_id)[:16]}"


def snapshot_id(source_vm_id: str, repair_id: str, label: str = "") -> str:
    """The snapshot's id, in the source VM's group. `label`: up to 12 letters or digits, where one repair makes several."""
    return _beside(source_vm_id, repair_id, label, "snapshots", "snap")


def copy_id(source_vm_id: str, repair_id: str, label: str = "") -> str:
    """The copied disk's id, in the source VM's group. `label` as for `snapshot_id`."""
    return _beside(source_vm_id, repair_id, label, "disks", "disk")


def repair_vm_id(subscription: str, repair_group: str, repair_id: str) -> str:
    """The repair VM's id. Its name has 15 characters, the most that a Windows computer name may have."""
    name = f"bm-{_checked(repair_id)[17:]}"
    return str(ResourceId(subscription, repair_group, "Microsoft.Compute", "virtualMachines", name))


def nic_name(vm_name: str) -> str:
    return f"{vm_name}-nic"


def os_disk_name(vm_name: str) -> str:
    return f"{vm_name}-os"


def parts_of_repair_vm(resource_id: str) -> tuple[str, ...]:
    """Ids of what goes with a repair VM when it is deleted, its network interface and OS disk; of anything else: none."""
    vm = ResourceId.parse(resource_id)
    if vm.full_type != "Microsoft.Compute/virtualMachines":
        return ()
    nic = ResourceId(vm.subscription, vm.group, "Microsoft.Network", "networkInterfaces", nic_name(vm.name))
    return str(nic), str(vm.sibling("disks", os_disk_name(vm.name)))


def our_tags(repair_id: str, role: Role, source_vm_id: str) -> dict[str, str]:
    """The tags of what a repair makes. A tag value has at most 256 characters: a longer VM id is told by its hash."""
    source = source_vm_id if len(source_vm_id) <= 256 else attend_id(source_vm_id)
    return {REPAIR_TAG: _checked(repair_id), ROLE_TAG: role, SOURCE_TAG: source}


def repair_of(tags: Mapping[str, str]) -> str | None:
    """The repair that the tags name, or None: not ours. Azure does not tell tag names apart by case."""
    return next((value for name, value in tags.items() if name.lower() == REPAIR_TAG), None)


def is_ours(tags: Mapping[str, str], repair_id: str | None = None) -> bool:
    """Whether we made what bears these tags; with `repair_id`, whether that very repair did."""
    found = repair_of(tags)
    return found is not None and repair_id in (None, found)


def _beside(source_vm_id: str, repair_id: str, label: str, kind: str, suffix: str) -> str:
    source = ResourceId.parse(source_vm_id)
    if _LABEL.fullmatch(label) is None:
        raise ValueError(f"a label is up to 12 lower-case letters or digits, not {label!r}")
    ending = f"-bm-{_checked(repair_id)[17:]}{f'-{label}' if label else ''}-{suffix}"
    stem = re.sub(r"[^A-Za-z0-9_.-]", "-", source.name).lstrip("-._") or "vm"
    return str(source.sibling(kind, (stem or "vm") + ending))


def _checked(repair_id: str) -> str:
    if _REPAIR_ID.fullmatch(repair_id) is None:
        raise ValueError(f"a repair id is 16 hex digits, a hyphen and 12 hex digits, not {repair_id[:80]!r}")
    return repair_id
