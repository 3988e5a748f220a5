"""Every activity, registered under its own name."""

from azure.durable_functions import Blueprint

from activities import backup, close, collect, diagnose, guest, look, notify, source, sweep, triage, workshop
from activities.registry import register

ACTIVITIES = (
    diagnose.read_vm,
    diagnose.read_boot_evidence,
    diagnose.decide,
    backup.find_backup,
    backup.begin_restore,
    backup.look_at_restore,
    backup.find_restored,
    backup.begin_claim,
    source.read_source,
    source.begin_deallocate,
    source.begin_swap,
    source.begin_start,
    workshop.begin_snapshot,
    workshop.begin_copy,
    workshop.begin_repair_vm,
    workshop.begin_attach,
    workshop.begin_detach,
    workshop.begin_delete,
    workshop.begin_untag,
    guest.begin_script,
    guest.read_facts,
    guest.match_volumes,
    guest.plan_fix,
    guest.judge_fix,
    look.look_at_operation,
    look.look_at_guest,
    look.look_at_boot,
    collect.judge_dump,
    collect.begin_upload,
    collect.read_upload,
    collect.prepare_ticket,
    close.account,
    close.write_report,
    sweep.look_for_orphans,
    triage.look_at_vm,
    notify.find_recipients,
    notify.deliver,
    notify.forget_subscriptions,
)

blueprint = Blueprint()
for activity in ACTIVITIES:
    register(blueprint, activity)
