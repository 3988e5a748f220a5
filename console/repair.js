// One repair's page. Each part is drawn from what the API last said, and only when that has changed.

import { api, clock } from "./api.js";
import { checkpointPart } from "./checkpoint.js";
import { el, Part, say, time } from "./dom.js";
import { ending } from "./ending.js";
import { Evidence } from "./evidence.js";
import { timeline } from "./timeline.js";
import { since, state, stepWords, vmName, waits } from "./words.js";

export function repairPage(frame, id) {
  const evidence = new Evidence(id);
  const act = async (deed) => {
    await deed();
    poll.now();
  };
  const parts = {
    head: new Part(head, "div"),
    ask: checkpointPart(id, act, frame),
    now: new Part(now),
    end: new Part(ending),
    facts: new Part(facts),
    steps: new Part(timeline),
    ...evidence.parts,
    cancel: new Part((shown) => shown && cancelButton(id, act, frame)),
  };
  const heading = el("h1", { tabindex: "-1" }, "Repair");
  let report = null;
  let last = "";

  const poll = frame.watch(async () => {
    const repair = await api.repair(id);
    if (repair.outcome && !report) report = await api.report(id);
    heading.textContent = `Repair of ${vmName(repair.vm_id)}`;
    document.title = `${vmName(repair.vm_id)}: ${state(repair)[0]} - Bootmend`;
    parts.head.show({ ...brief(repair), waits: waits(repair) });
    parts.facts.show({ id, vm_id: repair.vm_id, created_at: repair.created_at, age: since(repair.created_at) });
    parts.ask.show(repair.awaiting && { awaiting: repair.awaiting, vm: vmName(repair.vm_id) });
    parts.now.show(running(repair));
    parts.end.show(report);
    parts.steps.show({ steps: repair.steps, minute: repair.outcome ? 0 : Math.floor(clock.now() / 60000) });
    parts.cancel.show(repair.cancellable && !repair.outcome);
    await evidence.show(repair, report);
    announce(repair);
    if (repair.outcome && report) return "ended";
    const seen = last;
    last = JSON.stringify(repair);
    return seen === last ? "same" : "changed";
  });

  return { title: "Repair", nodes: [heading, ...Object.values(parts).map((part) => part.element)] };
}

let announced = "";

/** Says a new step, question or end once, but not each percent. */
function announce(repair) {
  const words = `${vmName(repair.vm_id)}: ${repair.outcome ?? waits(repair)}`;
  if (words !== announced) say(words);
  announced = words;
}

function brief({ phase, percent, outcome, awaiting }) {
  return { phase, percent, outcome, awaiting };
}

function head(repair) {
  const [words, tone] = state(repair);
  return [
    el("p", {}, el("span", { class: `state ${tone}` }, words), repair.outcome ? "" : `, phase ${repair.phase}`),
    el("progress", { max: "100", value: String(repair.percent), "aria-label": "The whole repair" }),
    el("p", { class: "quiet" }, `Who waits for whom: ${repair.waits}`),
  ];
}

function facts({ id, vm_id, created_at, age }) {
  const fact = (name, ...value) => [el("dt", {}, name), el("dd", {}, ...value)];
  return el("dl", {}, fact("Begun", time(created_at), ` (${age} ago)`), fact("VM", vm_id), fact("Repair", id));
}

/** What runs now, and what the guest's script says of itself; null between steps. */
function running({ steps, progress, outcome, awaiting }) {
  const step = steps.findLast((one) => !one.finished_at);
  return outcome || awaiting || !step ? null : { step, progress };
}

function now(running) {
  if (!running) return null;
  const { step, progress } = running;
  const nodes = [el("h2", {}, "Now"), el("p", {}, `${stepWords(step.name)} (${step.name}), since `, time(step.started_at))];
  if (progress?.command) {
    const exact = typeof progress.percent === "number";
    const name = progress.command === "sfc" ? "SFC" : progress.command;
    const words = `${name}${exact ? `: ${progress.percent} %` : ""}, command ${progress.done + 1} of ${progress.total}`;
    const value = exact ? { value: String(progress.percent) } : {};
    nodes.push(el("p", {}, words), el("progress", { max: "100", "aria-label": `${name} on the repair VM`, ...value }));
  }
  return nodes;
}

function cancelButton(id, act, frame) {
  const fault = el("p", { class: "fault", role: "alert" });
  const dialog = el("dialog", { "aria-labelledby": "cancel-title" }, el("h2", { id: "cancel-title" }, "Cancel this repair?"),
    el("p", {}, "What was done so far is undone, and the VM is put back as it was found. That takes some minutes."), fault);
  const close = el("button", { type: "button", onclick: () => dialog.close() }, "Go on with the repair");
  const sure = el("button", { type: "button", class: "press", onclick: cancelled }, "Cancel the repair");
  dialog.append(el("div", { class: "row" }, sure, close));

  async function cancelled() {
    sure.disabled = true;
    try {
      await act(() => api.cancel(id, ""));
      dialog.close();
      say("The cancel was taken. What was done is being undone.");
    } catch (error) {
      if (!frame.failed(error)) fault.textContent = `Not cancelled: ${error.message}`;
      sure.disabled = false;
    }
  }
  const open = el("button", { type: "button", onclick: () => dialog.showModal() }, "Cancel the repair…");
  return [el("h2", {}, "Stop"), open, dialog];
}
