"""Facts of a disk that can be repaired, and ways to spoil them."""

from bootmend.articles.article import DataVolume, Machine
from bootmend.models.azure import Generation
from bootmend.models.guest import (
    AttachedDisk,
    BootStore,
    ControlSetFacts,
    GuestFacts,
    HiveFacts,
    LoaderEntry,
    MountedLetter,
    RegistryValue,
    SelectFacts,
    VolumeFacts,
    WindowsFacts,
)

GPT_IDENTITY = "6f5755a8-8aee-4c67-85ac-8c97c61689df"
MBR_IDENTITY = "a1b2c3d4"
LOADER = "{753bfeb5-ae68-41f3-abda-0c23c3e1a9bf}"
BOOT_VOLUME = "0f0f9cba-12e6-4cec-b96d-a44ebcb57291"
WINDOWS_VOLUME = "1e1e9cba-12e6-4cec-b96d-a44ebcb57292"
GB = 1024


def loader(generation: Generation = "V2", **changes: object) -> LoaderEntry:
    partition = 4 if generation == "V2" else 2
    name = "winload.efi" if generation == "V2" else "winload.exe"
    entry = LoaderEntry(
        id=LOADER,
        path=f"\\Windows\\system32\\{name}",
        path_exists=True,
        device_partition=partition,
        osdevice_partition=partition,
        systemroot="\\Windows",
    )
    return LoaderEntry.model_validate(entry.model_dump() | changes)


def control_set(number: int = 1, page_file: str = "D:\\pagefile.sys", **crash: RegistryValue) -> ControlSetFacts:
    usual = {
        "CrashDumpEnabled": RegistryValue(kind="REG_DWORD", data=7),
        "DumpFile": RegistryValue(kind="REG_EXPAND_SZ", data="%SystemRoot%\\MEMORY.DMP"),
    }
    values = {name: value.model_dump() for name, value in (usual | crash).items()}
    return ControlSetFacts.model_validate({"number": number, "crash": values, "page_files": [page_file]})


def hive(partition: int = 4, **changes: object) -> HiveFacts:
    usual = HiveFacts(
        state="readable",
        select=SelectFacts(current=1, default=1, last_known_good=1),
        control_sets=(control_set(1),),
        mounted=(
            MountedLetter(letter="C", partition=partition),
            MountedLetter(letter="D"),
            MountedLetter(letter="F"),
        ),
    )
    return HiveFacts.model_validate(usual.model_dump() | changes)


def boot_store(generation: Generation = "V2", **changes: object) -> BootStore:
    path = "\\EFI\\Microsoft\\Boot\\BCD" if generation == "V2" else "\\Boot\\BCD"
    usual = BootStore(partition=1, path=path, default=LOADER, loaders=(loader(generation),))
    return BootStore.model_validate(usual.model_dump() | changes)


def windows(generation: Generation = "V2", **changes: object) -> WindowsFacts:
    partition = 4 if generation == "V2" else 2
    usual = WindowsFacts(partition=partition, folder="\\Windows", build="10.0.20348.2700", hive=hive(partition))
    return WindowsFacts.model_validate(usual.model_dump() | changes)


def volumes(
    generation: Generation = "V2",
    *,
    boot: dict[str, object] | None = None,
    windows_volume: dict[str, object] | None = None,
) -> tuple[VolumeFacts, ...]:
    v2 = generation == "V2"
    first = VolumeFacts(
        partition=1,
        id=BOOT_VOLUME,
        role="efi" if v2 else "active",
        letter=None if v2 else "E",
        file_system="FAT32" if v2 else "NTFS",
        size_mb=99 if v2 else 500,
        free_mb=60,
    )
    second = VolumeFacts(
        partition=4 if v2 else 2,
        id=WINDOWS_VOLUME,
        letter="F",
        file_system="NTFS",
        size_mb=126 * GB,
        free_mb=60 * GB,
    )
    return (
        VolumeFacts.model_validate(first.model_dump() | (boot or {})),
        VolumeFacts.model_validate(second.model_dump() | (windows_volume or {})),
    )


def disk(generation: Generation = "V2", **changes: object) -> AttachedDisk:
    usual = AttachedDisk(
        number=2,
        online=True,
        style="GPT" if generation == "V2" else "MBR",
        identity=GPT_IDENTITY if generation == "V2" else MBR_IDENTITY,
        size_mb=127 * GB,
    )
    return AttachedDisk.model_validate(usual.model_dump() | changes)


def facts(generation: Generation = "V2", **changes: object) -> GuestFacts:
    usual = GuestFacts(
        lun=0,
        disk=disk(generation),
        volumes=volumes(generation),
        boot_store=boot_store(generation),
        windows=(windows(generation),),
        own_letters=("C", "D"),
    )
    return usual.model_copy(update=changes)


def machine(generation: Generation = "V2", memory_gb: float = 8, **changes: object) -> Machine:
    return Machine.model_validate({"memory_gb": memory_gb, "generation": generation} | changes)


def data_volume(letter: str = "F", free_gb: float = 200) -> DataVolume:
    return DataVolume(letter=letter, free_gb=free_gb)
