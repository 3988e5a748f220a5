"""Which letter the broken VM gives to a volume on one of its data disks. Pure.

The hive's MountedDevices names letters by signatures that the disks themselves do not show in the same form, so a volume is
matched to a letter only where there is one of each: a guess would send the dump to the wrong disk.
"""

from bootmend.articles.article import DataVolume
from bootmend.models.guest import GuestFacts, HiveFacts

_FILE_SYSTEMS = ("NTFS", "ReFS")


def data_volumes(os_disk: GuestFacts, data_disks: tuple[GuestFacts, ...]) -> tuple[DataVolume, ...]:
    """The one data volume with its letter and free space, or nothing where the match is not certain."""
    volumes = [volume for facts in data_disks for volume in facts.volumes if volume.file_system in _FILE_SYSTEMS]
    letters = _letters_elsewhere(os_disk)
    if len(volumes) != 1 or len(letters) != 1:
        return ()
    return (DataVolume(letter=letters[0], free_gb=volumes[0].free_mb / 1024),)


def _letters_elsewhere(os_disk: GuestFacts) -> list[str]:
    """Letters of other disks, but for those that hold a page file: on Azure that is the temporary disk, which is lost."""
    if len(os_disk.windows) != 1:
        return []
    hive = os_disk.windows[0].hive
    return [
        mounted.letter
        for mounted in hive.mounted
        if mounted.partition is None and mounted.letter not in _paging(hive) and mounted.letter > "C"
    ]


def _paging(hive: HiveFacts) -> set[str]:
    return {line[:1].upper() for control_set in hive.control_sets for line in control_set.page_files}
