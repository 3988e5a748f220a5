// Looks again and again: soon after something changed, more rarely while nothing does, and not at all in a hidden tab.

import { LostError } from "./api.js";

const SOONEST = 1000;
const LATEST = 15000;
const LATEST_LOST = 30000;

export class Poll {
  #timer = 0;
  #wait = SOONEST;
  #stopped = false;
  #looking = false;
  #again = false;

  /**
   * `look()` answers `changed`, `same` or `ended`. `lost(error, milliseconds)` hears of each failed look and when the next
   * one is, `back()` of the next that succeeds, `fail(error)` of what no further look can cure; the poll ends with that.
   */
  constructor({ look, lost, back, fail }) {
    Object.assign(this, { look, lost, back, fail });
    this.wake = () => { if (!document.hidden) this.now(); };
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("online", this.wake);
    this.now();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("online", this.wake);
  }

  /** Looks at once, and soon again. */
  now() {
    if (this.#stopped) return;
    this.#wait = SOONEST;
    clearTimeout(this.#timer);
    if (this.#looking) this.#again = true;
    else this.#turn();
  }

  async #turn() {
    this.#looking = true;
    this.#again = false;
    try {
      const found = await this.look();
      if (this.#stopped) return;
      this.back();
      if (found === "ended") {
        this.stop();
        return;
      }
      this.#wait = found === "changed" ? SOONEST : Math.min(LATEST, this.#wait * 1.5);
    } catch (error) {
      if (this.#stopped) return;
      if (!(error instanceof LostError)) {
        this.stop();
        this.fail(error);
        return;
      }
      this.#wait = Math.min(LATEST_LOST, this.#wait * 2);
      this.lost(error, this.#wait);
    } finally {
      this.#looking = false;
    }
    if (this.#again) this.#turn();
    else if (!document.hidden) this.#timer = setTimeout(() => this.#turn(), this.#wait);
  }
}
