import { Feed } from "../feed.js";
import { SeriesStore } from "../series.js";
import { doing, howFar, span } from "../words.js";

/** @typedef {import("../types.js").Frame} Frame */
/** @typedef {import("../types.js").JobState} JobState */

const TOO_LONG = 6; // times the points of a thinned curve: then ask for thinned ones again
const RATE_SECONDS = 30;
const TRAINING = new Set(["training", "stage", "solo"]); // parts of the work whose steps tell how long it takes
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/**
 * The whole of a job's page: keeps its state up to date and passes on what comes by the events `points`, `events`,
 * `moved` when its state or what is asked of it has changed and, once, `ended`.
 */
class JobFeed extends HTMLElement {
  connectedCallback() {
    this.store = new SeriesStore();
    /** @type {JobState | undefined} */
    this.job = undefined;
    /** @type {string | undefined} what the rest of the page says of the job */
    this.standing = undefined;
    /** @type {{at: number, step: number}[]} */
    this.pace = [];
    this.wasFinal = this.place("link")?.dataset.state === "finished";
    this.px = Number(this.dataset.px);
    this.link = new Feed({
      path: `/live/jobs/${this.dataset.job}/`,
      px: this.px,
      onFrame: (frame) => this.take(frame),
      onAway: (away) => this.showAway(away),
      onLink: (state, sentence) => this.showLink(state, sentence),
    });
    this.clock = setInterval(() => this.showTime(), 1000);
    this.addEventListener("away", this.isAway);
    this.addEventListener("back", this.isBack);
    this.link.start();
  }

  disconnectedCallback() {
    this.link?.close();
    clearInterval(this.clock);
    this.removeEventListener("away", this.isAway);
    this.removeEventListener("back", this.isBack);
  }

  isAway = () => this.showAway({ away: true });

  isBack = () => this.showAway(null);

  /**
   * @param {string} name
   * @returns {HTMLElement | null}
   */
  place(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  /** @param {Frame} frame */
  take(frame) {
    const { store } = this;
    if (!store) return;
    const changed = store.take(frame);
    if (changed.size || frame.after === 0) this.tell("points", { store, changed });
    if (frame.events.length) this.tell("events", { events: frame.events });
    this.entered = frame.events.findLast(({ kind }) => kind === "entered") ?? this.entered;
    this.showJob(frame.job);
    if (!frame.replace && store.longest > TOO_LONG * 4 * (this.px ?? 1)) this.link?.startOver();
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @param {JobState} job */
  showJob(job) {
    this.job = job;
    if (!TRAINING.has(job.part)) this.pace = [];
    this.pace = [...(this.pace ?? []), { at: Date.now(), step: job.step }].filter(
      ({ at, step }) => at > Date.now() - 1000 * RATE_SECONDS && step <= job.step,
    );
    const head = this.place("head");
    if (head) head.dataset.state = job.state;
    this.showState(job);
    const bar = /** @type {HTMLProgressElement | null} */ (this.place("bar"));
    const part = job.state === "running" && job.part_of ? (job.part_done ?? 0) / job.part_of : undefined;
    if (bar) bar.classList.toggle("is-preparing", job.state === "running" && job.step === 0 && part === undefined);
    if (bar) bar.classList.toggle("is-part", part !== undefined);
    const whole = job.total_steps ? job.step / job.total_steps : 0;
    if (bar) bar.value = job.state === "succeeded" ? 100 : 100 * (part ?? whole);
    this.showSteps(job);
    this.showTime();
    if (job.final && !this.wasFinal) {
      this.wasFinal = true;
      this.tell("ended", { job });
    }
  }

  /** @param {JobState} job */
  showState(job) {
    const state = this.place("state");
    const word = job.cancelling ? "cancelling" : job.pausing ? "pausing" : job.state;
    const standing = JSON.stringify([word, job.queue, job.waits, job.pause_reason, job.deadline_at, !job.lag]);
    // The first frame is compared with what the server wrote.
    const moved =
      this.standing === undefined
        ? state?.textContent !== word || !this.waitsAsWritten(job)
        : this.standing !== standing;
    if (state) state.dataset.state = job.state;
    if (state && moved) state.textContent = word;
    if (moved) this.tell("moved", { job });
    this.standing = standing;
  }

  /** @param {JobState} job */
  waitsAsWritten(job) {
    const written = this.querySelector('[data-key="waits"]')?.textContent ?? "";
    return written.includes(job.waits ?? "");
  }

  /** @param {JobState} job */
  showSteps(job) {
    const parts = [];
    if (job.state === "queued") parts.push("Waiting for a worker");
    if (job.state === "paused") parts.push("Paused");
    if (job.state === "starting") parts.push("Starting the engine");
    if (job.total_steps) parts.push(`Step ${job.step} of ${job.total_steps}`);
    if (job.part && job.state === "running") {
      const far = job.part_of ? `: ${howFar(job.part_done ?? 0, job.part_of)}` : "";
      parts.unshift(doing(job.part, this.entered?.part === job.part ? this.entered.detail : "") + far);
    }
    if (job.attempt > 1) parts.push(`attempt ${job.attempt}`);
    const place = this.place("steps");
    if (place) place.textContent = parts.join(" · ");
  }

  showTime() {
    const { job, pace } = this;
    const place = this.place("time");
    if (!place || !job?.started_at) return;
    if (job.state === "paused" || job.state === "queued") {
      place.textContent = "";
      return;
    }
    const end = job.finished_at ? Date.parse(job.finished_at) : Date.now();
    const passed = span((end - Date.parse(job.started_at)) / 1000);
    let text = job.final ? `took ${passed}` : `${passed} elapsed`;
    const [first, last] = [pace?.[0], pace?.at(-1)];
    if (!job.final && first && last && last.step > first.step && last.at > first.at) {
      const left = ((job.total_steps - last.step) * (last.at - first.at)) / (last.step - first.step) / 1000;
      text += ` · about ${span(left)} left`;
    }
    place.textContent = text;
  }

  /** @param {import("../types.js").Away | null} away */
  showAway(away) {
    const place = this.place("away");
    if (away) this.showLink("connecting", "database away");
    if (!place || place.hidden === !away) return;
    place.hidden = !away;
    if (!away) return this.tell("moved", {});
    const since = clock.format(away.since ? new Date(away.since) : new Date());
    place.textContent = `The database is away since ${since}. Training goes on; what is missing here comes when it is back.`;
  }

  /**
   * @param {import("../link.js").LinkState} state
   * @param {string} sentence
   */
  showLink(state, sentence) {
    const place = this.place("link");
    if (!place || (place.dataset.state === state && !sentence)) return;
    place.dataset.state = state;
    place.textContent = sentence || state;
  }
}

customElements.define("job-feed", JobFeed);
