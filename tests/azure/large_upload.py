"""A program of its own, so that its memory is its own: one dump through simulated Windows, TLS and the simulated storage.

Usage: python -m tests.azure.large_upload BYTES. Prints the account, the store's word and the peak of its memory as one JSON line.
"""

import asyncio
import hashlib
import json
import os
import sys
from datetime import timedelta
from random import Random

from bootmend.evidence.blob import BlobStore
from bootmend.guest.upload import read_upload, upload_script
from sandbox.azure import AzureSimulator
from sandbox.clock import VirtualClock
from sandbox.windows import RepairGuest, SourceVm, SourceWindows, build_os_disk, run_script
from sandbox.windows.dump import Dump
from sandbox.windows.look_inside import look_inside
from tests.peak_memory import peak_mib

REPAIR, NAME = "0123456789abcdef-0123456789ab", "memory.dmp"
TROUBLE = ("upload_interrupted",)


def main(size: int) -> dict[str, object]:
    clock = VirtualClock()
    disk = build_os_disk(SourceVm(), SourceWindows(trouble=TROUBLE), now=clock.now())
    volume = disk.windows_volume()
    assert volume
    volume.write("\\Windows\\MEMORY.DMP", Dump(0xEF, clock.now(), size, kind=1), size)
    guest = RepairGuest({0: disk})
    with AzureSimulator(clock) as sim:
        os.environ.update(sim.environment())
        account_url, _, container = sim.storage.container_url.rpartition("/")
        store = BlobStore(account_url, container, ca_file=sim.storage.ca_file)
        url = asyncio.run(store.upload_url(REPAIR, NAME, now=clock.now(), valid_for=timedelta(hours=1)))
        (found,) = look_inside(guest, 0).dumps
        script = upload_script(found, lun=0, identity=disk.identity, url=url)
        runs = [
            run_script(
                guest,
                script.script,
                script.parameters,
                script.protected,
                now=clock.now(),
                rng=Random(0),
                ca_file=sim.storage.ca_file,
            )
            for _ in range(3)
        ]
        account = read_upload(runs[-1].output_at(runs[-1].seconds), found)
        stored = asyncio.run(store.describe(REPAIR, NAME))
        assert stored
        return {
            "exit_codes": [run.exit_code for run in runs],
            "account": account.model_dump(mode="json"),
            "stored": [stored.size_bytes, stored.md5],
            "content": _md5_of_content(sim),
            "peak_mib": peak_mib(),
        }


def _md5_of_content(sim: AzureSimulator) -> str:
    """Of the files on disk, in the order in which they came: no block was replaced, and none is over."""
    whole = hashlib.md5()
    for path in sorted(sim.storage.folder.iterdir()):
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                whole.update(chunk)
    return whole.hexdigest()


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))  # noqa: T201 - a program's output
