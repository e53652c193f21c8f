// Numbers, times and events in words.

/**
 * This will write a number in about four digits.
 * @param {number | undefined} value
 * @param {boolean} [percent]
 */
export function short(value, percent = false) {
  if (value === undefined) return "–";
  if (percent) return `${(100 * value).toFixed(1)}%`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return size === 0 ? "0" : value.toPrecision(4);
}

/**
 * This will write a span of time as minutes and seconds, or hours and minutes.
 * @param {number} seconds
 */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return hours ? `${hours} h ${two(minutes)} min` : `${minutes}:${two(rest)}`;
}

/**
 * This will write a size in bytes.
 * @param {number} bytes
 */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
}

/** @type {Record<string, string>} */
const METRICS = {
  miou: "mIoU",
  top1: "Top-1",
  top5: "Top-5",
  ece: "ECE",
  nll: "NLL",
  target_miou: "mIoU of the aggregated teachers",
  target_top1: "Top-1 of the aggregated teachers",
  hybrid_top1: "Top-1 of student and teachers joined",
  accuracy: "true of those accepted",
  aggregated_miou: "aggregated",
  static_miou: "static weights",
  uniform_miou: "uniform average",
  medoid_miou: "medoid",
  best_single_miou: "best single",
  lr: "learning rate",
  grad_norm: "gradient norm",
  disk_written: "written",
  disk_read: "read",
  gpu_memory: "on the GPU",
};

/**
 * This will write the last part of a metric's name as people do.
 * @param {string} name
 */
export function measure(name) {
  const told = METRICS[name] ?? name.replace(/^r1@/, "R1@");
  return told.replace(/^(\d+)\/(inner_)?overlap$/, (_, fold, inner) => `fold ${fold}${inner ? ", inner" : ""}`);
}

/** @type {Record<string, string>} */
const PARTS = {
  loading: "Loading data",
  folds: "Training copies of the teachers",
  beliefs: "Asking the teachers",
  cache: "Keeping the teachers' beliefs",
  gate: "Fitting the aggregator",
  judging: "Judging on sources not learned from",
  training: "Training",
  stage: "Training in stages",
  solo: "Training on labels alone",
  evaluation: "Measuring",
  export: "Writing artifacts",
};

/**
 * This will say what the engine is at.
 * @param {string} part
 * @param {string} [detail]
 */
export function doing(part, detail) {
  return (PARTS[part] ?? capital(part)) + (detail ? ` (${detail.replace(": ", ", ")})` : "");
}

/**
 * This will say how much of a part is done.
 * @param {number} done
 * @param {number} of
 */
export function howFar(done, of) {
  const share = of > 0 ? Math.min(100, Math.floor((100 * done) / of)) : 0;
  return `${done.toLocaleString("en")} of ${of.toLocaleString("en")} (${share} %)`;
}

/** @typedef {import("./types.js").EngineEvent} EngineEvent */

/** @type {Record<string, (event: EngineEvent) => string>} */
const SENTENCES = {
  started: (e) =>
    `Engine started: ${e.method}, ${e.total_steps} steps, ${e.threads} thread${e.threads === 1 ? "" : "s"} on ${e.device}` +
    (e.resumed_from_step == null ? "" : `, resumed from step ${e.resumed_from_step}`),
  entered: (e) => doing(e.part, e.detail),
  evaluated: (e) =>
    `Measured on ${e.split}${e.which === "current" ? "" : ` (${e.which})`}: ` +
    Object.entries(e.values).map(([name, value]) => `${measure(name)} ${typeof value === "number" ? short(value, name !== "nll") : value}`).join(", "),
  warned: (e) => e.message,
  artifactwritten: (e) => `Wrote ${e.name} (${size(e.size)})`,
  stopped: () => "Stopped",
  finished: () => "Finished",
  failed: (e) => e.message,
};

/**
 * This will say in one sentence what an event means; nothing for those that are drawn instead.
 * @param {EngineEvent} event
 */
export function sentence(event) {
  const words = SENTENCES[event.kind]?.(event);
  return words && event.step != null ? `${words} · step ${event.step}` : words;
}

/** @param {unknown} text */
function capital(text) {
  const word = String(text);
  return word.charAt(0).toUpperCase() + word.slice(1);
}
