// What uploads say of themselves.
import { size, span } from "./words.js";

/** @typedef {import("./uploads.js").Transfer | import("./uploads.js").Kept} Sent */
/** @typedef {import("./uploads.js").Way} Way */
/** @typedef {{way: Way, sent: number, total: number}} Summary */

/**
 * This will add up a size of files.
 * @param {Sent[]} transfers
 * @param {"size" | "sent"} key
 */
export function sum(transfers, key) {
  return transfers.reduce((all, one) => all + one[key], 0);
}

/**
 * This will say what files are at together: what needs looking at comes first.
 * @param {Sent[]} transfers
 * @returns {Way}
 */
export function together(transfers) {
  const ways = new Set(transfers.map((one) => one.way));
  for (const way of /** @type {Way[]} */ (["failed", "sending", "retrying", "paused", "waiting"])) {
    if (ways.has(way)) return way;
  }
  return "done";
}

/**
 * What stands beside the name of a file, or of the files of a folder.
 * @param {Sent[]} transfers
 * @param {Summary} now
 */
export function note(transfers, { way, sent, total }) {
  const share = `${Math.floor(total ? (100 * sent) / total : 0)} %`;
  const [only] = transfers.length === 1 ? transfers : [];
  const problem = transfers.find((one) => one.way === way)?.problem ?? "";
  if (way === "failed") return problem;
  if (way === "done") return size(total);
  if (way === "waiting") return `${size(total)} · waits its turn`;
  if (way === "paused") return `${size(total)} · paused at ${share}`;
  if (way === "retrying") return `${share} of ${size(total)} · ${problem} Trying again.`;
  const continued = only?.continuedAt ? ` · continued at ${Math.floor((100 * only.continuedAt) / only.size)} %` : "";
  const count = only ? "" : `${transfers.filter((one) => one.way === "done").length} of ${transfers.length} · `;
  return `${count}${share} of ${size(total)}${continued}`;
}

/**
 * The line under the bar of all files.
 * @param {Sent[]} transfers
 * @param {Summary} now
 * @param {number} speed in bytes by the second, 0 where it is not known
 */
export function summary(transfers, { way, sent, total }, speed) {
  if (way === "done") return complete(transfers, total);
  const done = transfers.filter((one) => one.way === "done").length;
  const pace = way === "sending" && speed > 0 ? ` · ${size(speed)}/s · ${span((total - sent) / speed)} left` : "";
  return `${done.toLocaleString("en")} of ${counted(transfers)} · ${size(sent)} of ${size(total)}${pace}`;
}

/**
 * What is read aloud now and then.
 * @param {Sent[]} transfers
 * @param {Summary} now
 */
export function spoken(transfers, { way, sent, total }) {
  if (way === "done") return complete(transfers, total);
  if (way === "retrying") return "No connection. The upload continues by itself.";
  if (way === "failed") return "A file could not be uploaded.";
  if (way === "paused") return "The upload is paused.";
  return `${10 * Math.floor((10 * sent) / Math.max(1, total))} % uploaded`;
}

/**
 * @param {Sent[]} transfers
 * @param {number} total
 */
function complete(transfers, total) {
  return transfers.length === 1 ? `Uploaded (${size(total)}).` : `All ${counted(transfers)} are uploaded (${size(total)}).`;
}

/** @param {Sent[]} transfers */
function counted(transfers) {
  return `${transfers.length.toLocaleString("en")} file${transfers.length === 1 ? "" : "s"}`;
}
