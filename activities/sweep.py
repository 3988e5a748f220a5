"""What bears our tags where repairs were at work. Deleting is `workshop.begin_delete`, which asks for tag and repair again."""

import logging

from activities.wiring import azure
from bootmend.arm.errors import ArmError, NotFound, Transient
from bootmend.models.repair import Leftover
from bootmend.models.sweep import Orphans, SweepJob, Tagged
from bootmend.names import ResourceId
from bootmend.settings import settings
from bootmend.sweep import find_orphans

_LOG = logging.getLogger("bootmend.sweep")


async def look_for_orphans(job: SweepJob) -> Orphans:
    """Lists the repair groups and the groups of the VMs that were repaired; says what may go and what must stay."""
    tagged: dict[str, Tagged] = {}
    unread: list[Leftover] = []
    for group_id in sorted(_groups(job)):
        try:
            listed = await azure(f"{group_id}/providers/Microsoft.Compute/virtualMachines/any").list_ours(group_id)
        except Transient:
            raise
        except NotFound:
            continue
        except ArmError as error:
            unread.append(Leftover(resource_id=group_id, why=f"{error.code}: {error.message[:200]}"))
        else:
            tagged |= {
                one.resource_id.lower(): Tagged.model_validate(one.model_dump(include=set(Tagged.model_fields)))
                for one in listed
            }
    rules = settings()
    found = find_orphans(tagged.values(), job.dead, rules.repair_group, dry_run=rules.sweep_dry_run)
    _LOG.info("sweep: %d orphans, %d spared, dry run %s", len(found.orphans), len(found.spared), found.dry_run)
    return found.model_copy(update={"unread": tuple(unread)})


def _groups(job: SweepJob) -> set[str]:
    rules = settings()
    subnets = {ResourceId.parse(subnet).subscription for subnet in rules.repair_subnets.values()}
    workshops = {f"/subscriptions/{subscription}/resourceGroups/{rules.repair_group}" for subscription in subnets}
    return workshops | {ResourceId.parse(repair.vm_id).group_id for repair in job.dead}
