// The question that a repair asks a person: what an answer means, and the buttons.

import { api } from "./api.js";
import { el, field, Part, time } from "./dom.js";
import { session } from "./session.js";
import { CHECKPOINTS } from "./words.js";

/** The card, drawn once a question: what a person is typing is not taken away by the next look. */
export function checkpointPart(id, act, frame) {
  return new Part((asked) => asked && card(id, asked, act, frame));
}

function card(id, { awaiting, vm }, act, frame) {
  const known = CHECKPOINTS[awaiting.name] ?? { title: awaiting.name, means: [], decisions: {} };
  const fault = el("p", { class: "fault", role: "alert" });
  const taken = el("p", { class: "state", role: "status" });
  const by = field("Your name", { name: "by", value: session.name, autocomplete: "name", maxlength: "200",
    readonly: Boolean(session.signedInAs) }, "It stands in the report beside the decision.");
  const comment = field("Comment (optional)", { name: "comment", maxlength: "2000" }, "It stands there too.");
  const value = known.value && field(known.value.label, { name: known.value.name, maxlength: "100" });

  async function decide(decision) {
    const name = by[1].value.trim();
    const given = value ? value[1].value.trim() : "";
    const lacking = !name ? [by[1], "Say who decides."]
      : known.value?.for === decision && !given ? [value[1], `${known.value.label}: it is needed for this answer.`] : null;
    for (const input of [by[1], value?.[1]]) input?.setAttribute("aria-invalid", String(input === lacking?.[0]));
    fault.textContent = lacking?.[1] ?? "";
    if (lacking) {
      lacking[0].focus();
      return;
    }
    session.name = name;
    buttons.forEach((one) => { one.disabled = true; });
    try {
      const values = given ? { [known.value.name]: given } : {};
      const answer = { decision, by: name, comment: comment[1].value.trim(), values };
      await act(() => api.decide(id, awaiting.checkpoint_id, answer));
      taken.textContent = `Your answer was taken: ${decision}.`;
    } catch (error) {
      buttons.forEach((one) => { one.disabled = false; });
      if (!frame.failed(error)) fault.textContent = `Not taken: ${error.message}`;
    }
  }

  const buttons = awaiting.decisions.map((decision) => {
    const [words, kind] = known.decisions[decision] ?? [decision, ""];
    return el("button", { type: "button", class: kind, "data-decision": decision,
      onclick: () => decide(decision) }, words);
  });
  return el("div", { class: "card ask" },
    el("h2", {}, `${known.title} (${awaiting.name}, ${vm})`),
    el("p", {}, awaiting.why),
    el("h3", {}, "What it means"),
    el("ul", {}, known.means.map((line) => el("li", {}, line)),
      awaiting.name === "approve_swap" ? el("li", {}, `The repair VM is bm-${id.slice(17)}, in Bootmend's repair group.`) : null),
    el("p", { class: "quiet" }, "Asked ", time(awaiting.since), ", open until ", time(awaiting.deadline),
      "; afterwards the repair's policy decides."),
    fault, el("div", { class: "fields" }, [by, value, comment].filter(Boolean).map((one) => el("div", {}, ...one))),
    el("div", { class: "row" }, buttons), taken);
}
