// How a repair ended: the outcome, what it asks of you, the decisions, and what is left where.

import { el, time } from "./dom.js";
import { OUTCOMES } from "./words.js";

export function ending(report) {
  if (!report) return null;
  const [tone, means, asks] = OUTCOMES[report.outcome] ?? ["wait", "", ""];
  const fact = (name, value) => (value ? [el("dt", {}, name), el("dd", {}, value)] : []);
  return el("div", { class: "card" },
    el("h2", {}, "Outcome: ", el("span", { class: `state ${tone}` }, report.outcome)),
    el("p", {}, means),
    el("dl", {}, fact("Why", report.reason), fact("What it asks of you", asks),
      fact("Diagnosis", report.diagnosis?.reason), fact("Fix", report.fix?.reason), fact("Memory dump", report.dump?.why),
      fact("Ticket", report.ticket && ticketWords(report.ticket)),
      (report.checkpoints ?? []).flatMap((one) => fact(`Decision ${one.name}`, decisionWords(one)))),
    plan(report.plan ?? []), left(report));
}

function ticketWords({ title, filed, number, by }) {
  return filed ? `${title}: filed by ${by}${number ? `, ${number}` : ""}` : `${title}: a draft`;
}

function decisionWords({ decision, by, claimed, comment }) {
  return `${decision}, by ${by}${claimed ? " (claimed)" : ""}${comment ? `: ${comment}` : ""}`;
}

function plan(lines) {
  if (lines.length === 0) return null;
  return [el("h3", {}, "What would be done"), el("p", { class: "quiet" }, "Nothing of this was done."),
    el("pre", { tabindex: "0", "aria-label": "The plan" }, lines.join("\n"))];
}

function left({ leftovers = [], kept = [] }) {
  if (leftovers.length === 0 && kept.length === 0) {
    return [el("h3", {}, "What is left"), el("p", {}, "Nothing: no resource that this repair made is left.")];
  }
  const item = ({ resource_id, why, until }) =>
    el("li", {}, el("code", {}, resource_id), `: ${why}`, until ? [" (advised until ", time(until), ")"] : null);
  return [
    leftovers.length ? [el("h3", { class: "bad" }, "Left against policy"), el("ul", {}, leftovers.map(item))] : null,
    kept.length ? [el("h3", {}, "Kept on purpose"), el("ul", {}, kept.map(item))] : null,
  ].flat();
}
