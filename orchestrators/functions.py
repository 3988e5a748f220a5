"""Every orchestrator, registered under its own name."""

from azure.durable_functions import Blueprint

from orchestrators.attend_vm import attend_vm
from orchestrators.backup import watch_restore
from orchestrators.notify import deliver_notice, notify
from orchestrators.prepare import make_repair_vm
from orchestrators.repair_vm import repair_vm
from orchestrators.sweep import sweep
from orchestrators.triage_vm import triage_vm
from orchestrators.waiting import watch_boot, watch_guest, watch_operation

ORCHESTRATORS = (
    attend_vm,
    repair_vm,
    make_repair_vm,
    watch_operation,
    watch_guest,
    watch_boot,
    watch_restore,
    sweep,
    triage_vm,
    notify,
    deliver_notice,
)

blueprint = Blueprint()
for orchestrator in ORCHESTRATORS:
    blueprint.orchestration_trigger(context_name="ctx")(orchestrator)
