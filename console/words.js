// The app's names in words. A name that is not listed is shown as it is.

import { clock } from "./api.js";

export const STEPS = {
  read_vm: "Read the VM",
  read_boot_evidence: "Read screenshot and serial log",
  find_backup: "Look for a backup",
  decide: "Decide",
  restore_backup: "Restore the backup",
  deallocate_source: "Deallocate the VM",
  snapshot_os_disk: "Snapshot the OS disk",
  copy_os_disk: "Copy the OS disk",
  create_repair_vm: "Make the repair VM",
  attach_copy: "Attach the copy",
  inspect_guest: "Look into the copy",
  inspect_data_disks: "Look into the data disks",
  plan_fix: "Plan the fix",
  execute_plan: "Carry out the plan",
  detach_copy: "Detach the copy",
  swap_os_disk: "Swap the OS disk",
  start_source: "Start the VM",
  verify_boot: "Watch it boot",
  copy_failed_disk: "Copy the disk that failed",
  find_dump: "Look for a memory dump",
  upload_dump: "Upload the memory dump",
  prepare_ticket: "Draft the support ticket",
  put_back: "Put the VM back as found",
  clean_up: "Clean up",
  write_report: "Write the report",
  notify: "Notify",
};

/** Of each outcome: how it looks, what happened, what it asks of you. */
export const OUTCOMES = {
  repaired: ["good", "This boot was seen to succeed.", "Nothing. Delete the original disk when you no longer want it."],
  restored_from_backup: ["good", "A recovery point was restored, and this boot was seen to succeed.",
    "Check what the VM lost since that point."],
  not_applicable: ["good", "Nothing was touched: the VM is healthy, or stops for another reason.",
    "Treat the stop code that the reason names, if there is one."],
  refused: ["wait", "Nothing was touched: the VM cannot be repaired as it is.", "Remove the reason, and ask again."],
  planned: ["good", "A dry run: nothing was touched.", "Start it without dry run to have it done."],
  escalated: ["bad", "The VM does not boot, and a ticket is ready.", "Take the ticket and the report to support."],
  rolled_back: ["wait", "The VM is as it was found.", "Read the reason; nothing else is owed."],
  cancelled: ["wait", "Ended on request. The VM is as it was found.", "Nothing."],
  failed: ["bad", "A person must look.", "Begin with what is left and what is kept, below."],
};

/** Of each checkpoint: the question, and what each answer means. */
export const CHECKPOINTS = {
  approve_repair: {
    title: "May this VM be repaired?",
    means: [
      "Downtime: the VM is deallocated and stays down until the repair has ended, usually 30 to 80 minutes.",
      "Its temporary disk is lost, with any memory dump in a page file on it.",
      "A dynamic public IP address may change.",
      "The later start can fail where the region has no capacity left.",
      "The work is done on a copy. The original OS disk is never deleted.",
    ],
    decisions: {
      approve: ["Approve the repair", "press"],
      restore_backup: ["Restore the backup instead", ""],
      reject: ["Reject: touch nothing", ""],
    },
  },
  approve_swap: {
    title: "May the repaired disk be swapped in?",
    means: [
      "Approving makes the repaired copy the VM's OS disk and starts the VM.",
      "You may look at the copy first, on the repair VM.",
      "The original OS disk is kept: swapping it back undoes the repair.",
      "Rejecting discards the copy and puts the VM back as it was found.",
    ],
    decisions: { approve: ["Approve the swap", "press"], reject: ["Reject: put the VM back", ""] },
  },
  confirm_boot: {
    title: "Did the VM boot?",
    means: [
      "Neither a stop error nor a sign of life was seen. Look at the VM yourself before you answer.",
      "If it booted, the repair ends as repaired, on your word.",
      "If it did not, the memory dump is looked for and the original disk is put back.",
      "Unanswered, the repair ends as failed and the disk stays in place.",
    ],
    decisions: { booted: ["I saw it boot", "press"], not_booted: ["It did not boot", ""] },
  },
  choose_dump_location: {
    title: "Where may a memory dump go?",
    means: ["The OS disk has no room for one. Without a place the repair goes on, but a further crash leaves no dump."],
    decisions: { data_disk: ["Use this data disk", "press"], none: ["Go on without a dump", ""] },
    value: { name: "letter", label: "Drive letter of the data disk, as the VM names it", for: "data_disk" },
  },
  file_ticket: {
    title: "Has the support ticket been filed?",
    means: ["The draft is among the downloads. The VM has its original disk back, unless the policy keeps the other one."],
    decisions: { filed: ["It is filed", "press"], not_filed: ["It is not filed", ""] },
    value: { name: "ticket", label: "Ticket number, if you have it", for: null },
  },
};

export const stepWords = (name) => STEPS[name] ?? name;
export const vmName = (vmId) => vmId.slice(vmId.lastIndexOf("/") + 1);
export const vmGroup = (vmId) => /\/resourceGroups\/([^/]+)/i.exec(vmId)?.[1] ?? "";

/** A repair's state: `[words, tone]`. */
export function state(repair) {
  if (repair.outcome) return [repair.outcome, OUTCOMES[repair.outcome]?.[0] ?? "wait"];
  return repair.awaiting ? ["waiting", "wait"] : ["active", ""];
}

/** Who waits for whom. */
export function waits(repair) {
  if (repair.outcome) return "nobody: it has ended";
  if (repair.awaiting) return `Bootmend waits for a person: ${repair.awaiting.name}`;
  const step = repair.steps.findLast((one) => !one.finished_at);
  return step ? `you wait for Bootmend: ${stepWords(step.name).toLowerCase()}` : "you wait for Bootmend";
}

/** `3 min 20 s`, `2 h 5 min`, `3 days`. */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? `${hours} h ${Math.floor((seconds % 3600) / 60)} min` : `${Math.floor(hours / 24)} days`;
}

export const since = (moment) => span(clock.now() - Date.parse(moment));
