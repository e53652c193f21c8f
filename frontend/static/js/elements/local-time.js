const STEPS = /** @type {const} */ ([
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [7, "day"],
]);
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** Shows the time in it as "5 min. ago" or "in 2 hr.", and in full when pointed at. */
class LocalTime extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(this.show, 30_000);
    this.show();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  show = () => {
    const time = this.querySelector("time");
    if (!time) return;
    const moment = new Date(time.dateTime);
    time.title = full.format(moment);
    time.textContent = ago(moment);
  };
}

/** @param {Date} moment */
function ago(moment) {
  let passed = (Date.now() - moment.getTime()) / 1000;
  if (Math.abs(passed) < 45) return passed < -10 ? "in a moment" : "just now";
  for (const [most, unit] of STEPS) {
    if (Math.abs(passed) < most) return words.format(-Math.round(passed), unit);
    passed /= most;
  }
  return day.format(moment);
}

customElements.define("local-time", LocalTime);
