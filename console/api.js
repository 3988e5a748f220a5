// The HTTP API of the app that serves this page, and nothing else. docs/api.md describes it.

import { session } from "./session.js";

const ROOT = new URL("../", document.baseURI).pathname;

/** The app cannot be reached, or answers with a fault of its own: worth another try. */
export class LostError extends Error {}
/** The app refused the key, or wants one. */
export class KeyError extends Error {}
/** The app refused the request; the message says what is wrong. `errors`: wrong fields, if any. */
export class ProblemError extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the app answered with HTTP ${status}`);
    this.status = status;
    this.errors = problem.errors ?? [];
  }
}

/** The app's clock: its Date header, else the newest time in its answers. Never the browser's, which may be wrong. */
export const clock = {
  newest: 0,
  skew: null,
  heard(header) { if (header) this.skew = Date.parse(header) - Date.now(); },
  saw(moment) { this.newest = Math.max(this.newest, Date.parse(moment)); },
  now() { return this.skew === null ? this.newest : Date.now() + this.skew; },
};

async function send(method, path, body) {
  const headers = { Accept: "application/json" };
  if (session.key) headers["x-functions-key"] = session.key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(ROOT + path, { method, headers, body: body && JSON.stringify(body), redirect: "manual" });
  } catch {
    throw new LostError("no connection to the app");
  }
  clock.heard(answer.headers.get("Date"));
  if (answer.status === 401 || answer.type === "opaqueredirect") throw new KeyError("the app wants a key");
  if (answer.status >= 500 || answer.status === 429) throw new LostError(`the app answers with HTTP ${answer.status}`);
  return answer;
}

async function json(answer) {
  try {
    return await answer.json();
  } catch {
    throw new LostError("the app's answer broke off");
  }
}

async function ask(method, path, body) {
  const answer = await send(method, path, body);
  if (answer.ok) return json(answer);
  throw await problem(answer);
}

async function problem(answer) {
  const told = (answer.headers.get("Content-Type") ?? "").includes("json");
  return new ProblemError(answer.status, told ? await json(answer) : {});
}

const of = (id) => `repairs/${encodeURIComponent(id)}`;

function noted(repair) {
  clock.saw(repair.updated_at);
  return repair;
}

export const api = {
  list: async (state) => {
    const { repairs } = await ask("GET", `repairs${state ? `?state=${encodeURIComponent(state)}` : ""}`);
    return repairs.map(noted);
  },
  start: (request) => ask("POST", "repairs", request),
  repair: async (id) => noted(await ask("GET", of(id))),
  decide: (id, checkpoint, decision) => ask("POST", `${of(id)}/checkpoints/${encodeURIComponent(checkpoint)}`, decision),
  cancel: (id, by) => ask("POST", `${of(id)}/cancel`, { by }),

  /** The report, or null until the repair has ended. A refused repair's has status 422, a failed one's 409. */
  async report(id) {
    const answer = await send("GET", `${of(id)}/result`);
    if (answer.status === 202) return null;
    const body = await json(answer);
    if (!body.outcome) throw new ProblemError(answer.status, body);
    return body;
  },

  /** A piece of evidence as a Blob. One that is not there, or too large to pass through the app, is a ProblemError. */
  async evidence(id, name) {
    const answer = await send("GET", `${of(id)}/evidence/${encodeURIComponent(name)}`);
    if (!answer.ok) throw await problem(answer);
    return answer.blob();
  },
};
