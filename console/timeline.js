// The runbook as a list with bars: when each step ran, how long, what came of it.

import { clock } from "./api.js";
import { el, time } from "./dom.js";
import { span, stepWords } from "./words.js";

export function timeline({ steps }) {
  if (steps.length === 0) return null;
  const ends = steps.map((step) => Date.parse(step.finished_at ?? step.started_at));
  const first = Math.min(...steps.map((step) => Date.parse(step.started_at)));
  const running = steps.some((step) => !step.finished_at);
  const last = Math.max(...ends, running ? clock.now() : 0, first + 1);
  return [el("h2", {}, "Runbook"), el("ol", { class: "timeline" }, steps.map((step) => row(step, first, last)))];
}

function row(step, first, last) {
  const begun = Date.parse(step.started_at);
  const ended = step.finished_at ? Date.parse(step.finished_at) : last;
  const failed = step.finished_at && step.result !== "done";
  const bar = el("div", { class: `bar${failed ? " bad" : step.finished_at ? "" : " runs"}` });
  // Set as a property: the page's policy forbids style attributes.
  bar.style.insetInlineStart = `${(100 * (begun - first)) / (last - first)}%`;
  bar.style.width = `${(100 * (ended - begun)) / (last - first)}%`;
  return el("li", {},
    el("span", {}, stepWords(step.name), " ", el("code", { class: "quiet" }, step.name)),
    el("div", { class: "track", "aria-hidden": "true" }, bar),
    el("span", { class: "took" }, step.finished_at ? span(ended - begun) : "runs"),
    el("span", { class: "unseen" }, "begun ", time(step.started_at)),
    failed ? el("span", { class: "result bad" }, step.result) : null);
}
