// Names and numbers of metrics, parameters and costs as tables write them.

/** @typedef {import("./types.js").Axis} Axis */
/** @typedef {import("./types.js").Better} Better */

const SHARES = /^(miou|\w+_miou|r\d+@.+|map(@.+)?)$/;
const COSTS = /loss|latency|params|macs|bytes|memory|seconds|error/;
const MANY = 1e5;

const large = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
const usual = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @param {string} name */
function last(name) {
  return name.slice(name.lastIndexOf("/") + 1);
}

/**
 * This will write a name as people do: val/miou as val/mIoU.
 * @param {string} name
 */
export function written(name) {
  const end = last(name);
  return name.slice(0, name.length - end.length) + end.replace(/miou$/, "mIoU").replace(/^r(?=\d+@)/, "R");
}

/**
 * This will tell whether a number is a share, which is written in percent.
 * @param {string} name
 */
export function isShare(name) {
  return SHARES.test(last(name));
}

/**
 * This will write a number of the given name.
 * @param {number | null | undefined} value
 * @param {string} [name]
 */
export function amount(value, name = "") {
  if (value === null || value === undefined) return "–";
  if (isShare(name)) return minus(`${(100 * value).toFixed(1)} %`);
  const size = Math.abs(value);
  if (size >= MANY) return minus(large.format(value));
  if (size !== 0 && size < 1e-3) return minus(value.toExponential(2));
  return minus((Number.isInteger(value) ? whole : usual).format(value));
}

/**
 * This will write a difference of two numbers of that name with its sign, without a unit.
 * @param {number} value
 * @param {string} name
 */
export function gained(value, name) {
  const text = isShare(name) ? (100 * value).toFixed(1) : String(Number(value.toPrecision(3)));
  if (Number(text) === 0) return "±0";
  return value > 0 ? `+${text}` : minus(text);
}

/**
 * This will write half of what lies around a mean, without a unit.
 * @param {number} value
 * @param {string} name
 */
export function spread(value, name) {
  return isShare(name) ? (100 * value).toFixed(1) : String(Number(value.toPrecision(2)));
}

/**
 * This will tell which numbers of that name are wanted: those of losses and costs are low.
 * @param {string} name
 * @param {Axis[]} [axes]
 * @returns {Better}
 */
export function better(name, axes = []) {
  return axes.find((axis) => axis.name === name)?.better ?? (COSTS.test(name) ? "low" : "high");
}

/** @param {string} text */
function minus(text) {
  return text.replace("-", "−");
}
