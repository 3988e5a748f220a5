// The list of repairs, the newest first.

import { api } from "./api.js";
import { el, Part, time } from "./dom.js";
import { since, state, vmGroup, vmName, waits } from "./words.js";

const STATES = { "": "All", active: "Active", waiting: "Waiting for a person", done: "Ended" };

export function listPage(frame) {
  const rows = new Part(draw, "div");
  const wanted = el("select", { id: "state", onchange: () => poll.now() },
    Object.entries(STATES).map(([value, words]) => el("option", { value }, words)));
  let last = "";
  const poll = frame.watch(async () => {
    const repairs = await api.list(wanted.value);
    const shown = repairs.map((repair) => ({ repair: brief(repair), age: since(repair.created_at) }));
    rows.show({ shown, filtered: wanted.value !== "" });
    const seen = last;
    last = JSON.stringify(repairs);
    return seen === last ? "same" : "changed";
  });
  const filter = el("div", { class: "row" }, el("label", { for: "state" }, "Show"), wanted,
    el("a", { href: "#/start" }, "Start a repair"));
  return { title: "Repairs", nodes: [el("h1", { tabindex: "-1" }, "Repairs"), filter, rows.element] };
}

/** What the list shows of a repair, and nothing else, so that it is drawn anew only when that changes. */
function brief({ id, vm_id, outcome, awaiting, phase, percent, created_at, steps }) {
  return { id, vm_id, outcome, awaiting, phase, percent, created_at, steps: steps.slice(-2) };
}

function draw({ shown, filtered }) {
  if (shown.length === 0) {
    return el("p", { class: "card" }, filtered ? "No repair is in this state." : "There is no repair yet. ",
      filtered ? null : el("a", { href: "#/start" }, "Start one"));
  }
  return el("ul", { class: "repairs" }, shown.map(row));
}

function row({ repair, age }) {
  const [words, tone] = state(repair);
  const cell = (label, kind, ...content) => el("div", { class: kind }, el("span", { class: "label" }, label), ...content);
  return el("li", {},
    cell("VM", "wide", el("a", { href: `#/repairs/${repair.id}` }, vmName(repair.vm_id)),
      el("span", { class: "quiet" }, ` in ${vmGroup(repair.vm_id)}`)),
    cell("State", "", el("span", { class: `state ${tone}` }, words)),
    cell("Phase", "", repair.outcome ? "done" : `${repair.phase}, ${repair.percent} %`),
    cell("Begun", "", time(repair.created_at), el("span", { class: "quiet" }, ` ${age} ago`)),
    cell("Who waits for whom", "wide", waits(repair)));
}
