// The form that starts a repair, or a dry run of one.

import { api, ProblemError } from "./api.js";
import { choice, el, field } from "./dom.js";

const VM = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/virtualMachines\/[^/]+$/i;
const EXAMPLE = "/subscriptions/…/resourceGroups/rg-prod/providers/Microsoft.Compute/virtualMachines/vm-web-01";

export function startPage(frame) {
  const fault = el("p", { class: "fault", role: "alert" });
  const vm = field("VM, by its resource id", { name: "vm_id", required: true, autocomplete: "off", spellcheck: "false" },
    `The portal shows it under Properties or JSON view: ${EXAMPLE}`);
  const reason = field("Why (optional)", { name: "reason", maxlength: "1024" });
  const askRepair = choice("Ask me before the VM is taken down", { name: "approve_repair", checked: true });
  const askSwap = choice("Ask me before the repaired disk is swapped in", { name: "approve_swap", checked: true });
  const backup = choice("Restore a backup instead, if one is less than a day old", { name: "prefer_backup" });
  const press = el("button", { class: "press", type: "submit" }, "Start the repair");
  const dry = el("button", { type: "submit", value: "dry" }, "Dry run: only say what would be done");
  const [label, input, help] = vm;

  async function started(event) {
    event.preventDefault();
    const asked = request(event.target, event.submitter === dry);
    const wrong = !VM.test(asked.vm_id);
    input.setAttribute("aria-invalid", String(wrong));
    fault.textContent = wrong ? `This is not the resource id of a VM. It looks like ${EXAMPLE}` : "";
    if (wrong) {
      input.focus();
      return;
    }
    press.disabled = dry.disabled = true;
    try {
      const repair = await api.start(asked);
      location.hash = `#/repairs/${repair.id}`;
    } catch (error) {
      press.disabled = dry.disabled = false;
      if (frame.failed(error)) return;
      input.setAttribute("aria-invalid", String(error instanceof ProblemError && error.errors.some((one) => one.field === "vm_id")));
      fault.textContent = `Not started: ${error.message}`;
    }
  }

  const form = el("form", { class: "card", novalidate: true, onsubmit: started }, fault, label, input, help, ...reason,
    el("fieldset", {}, el("legend", {}, "Ask a person"), askRepair, askSwap), backup, el("div", { class: "row" }, press, dry));
  const what = el("p", {}, "A repair takes the VM down, mends a copy of its OS disk on a repair VM, and swaps the copy in. ",
    "It refuses what it cannot do safely, before anything is touched. A dry run reads, decides, and changes nothing.");
  return { title: "Start a repair", nodes: [el("h1", { tabindex: "-1" }, "Start a repair"), what, form] };
}

function request(form, dryRun) {
  const given = new FormData(form);
  const asks = (name) => (given.has(name) ? "manual" : "auto");
  const policy = {
    dry_run: dryRun,
    checkpoints: { approve_repair: asks("approve_repair"), approve_swap: asks("approve_swap") },
  };
  if (given.has("prefer_backup")) policy.prefer_backup = { max_age: "P1D" };
  return { vm_id: given.get("vm_id").trim(), reason: given.get("reason").trim(), policy };
}
