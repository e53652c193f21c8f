import { chooser } from "../compare/chooser.js";
import { choice, make } from "../compare/markup.js";
import { amount, better, gained, ranked, spread, written } from "../compare/names.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {import("../compare/types.js").Cell} Cell */

const FIRST = 5; // metrics that are shown unless others are chosen
const CLOSE = 1e-12;

/** Final metrics by cell: mean and spread over its jobs, the best marked, and how it differs from the reference. */
class FinalTable extends ComparedElement {
  follows = ["final", "off"];
  equipped = "";

  /** @param {Comparison} comparison */
  hasData(comparison) {
    return comparison.data.final.names.length > 0;
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    const { cells, final } = comparison.data;
    const key = JSON.stringify([final.names, cells.metric, cells.reference, cells.rows.map(({ title }) => title)]);
    if (this.equipped !== key) this.equip(comparison);
    this.equipped = key;
    const names = comparison.chosen("final", ranked(final.names, String), FIRST);
    const places = names.map((name) => final.names.indexOf(name));
    const { off } = comparison;
    const rows = cells.rows.filter(({ jobs }) => jobs.some((id) => !off.has(id)));
    const best = names.map((name, index) => bestOf(rows, places[index] ?? 0, better(name, comparison.data.axes)));
    const table = /** @type {HTMLTableElement} */ (this.querySelector("table"));
    const differs = rows.some((row) => row.difference || row.is_comparing);
    const heads = names.map((name) => make("th", { scope: "col", class: "number" }, written(name)));
    if (differs) heads.push(make("th", { scope: "col" }, `${written(cells.metric)}, to the reference`));
    table.tHead?.rows[0]?.replaceChildren(make("th", { scope: "col" }, "Jobs"), ...heads);
    table.tBodies[0]?.replaceChildren(
      ...rows.map((row) => {
        const values = names.map((name, index) => valueCell(row, { name, place: places[index] ?? 0, best: best[index] }));
        if (differs) values.push(differenceCell(row, cells.metric));
        return make("tr", { class: row.is_reference ? "is-reference" : undefined }, headCell(comparison, row), ...values);
      }),
    );
    this.dataset.drawn = "yes";
  }

  /** @param {Comparison} comparison */
  equip(comparison) {
    const { address, data } = comparison;
    const { cells, final } = data;
    const tools = [
      chooser({
        title: "Metrics",
        names: ranked(final.names, String),
        chosen: comparison.chosen("final", ranked(final.names, String), FIRST),
        label: written,
        onChoose: (chosen) => address.put({ final: chosen }),
      }),
    ];
    if (cells.rows.length > 1) {
      const options = cells.rows.map(({ key, title }) => /** @type {[string, string]} */ ([String(key), `${title} #${key}`]));
      const chosen = String(cells.reference);
      tools.push(choice({ label: "reference", options, chosen, onChoose: (reference) => address.put({ reference }) }));
    }
    if (cells.metrics.length > 1) {
      const options = cells.metrics.map((name) => /** @type {[string, string]} */ ([name, written(name)]));
      const chosen = cells.metric;
      tools.push(choice({ label: "compared at", options, chosen, onChoose: (metric) => address.put({ metric }) }));
    }
    const place = this.closest("section")?.querySelector('[data-part="tools"]');
    const open = place?.querySelector("details")?.open ?? false;
    place?.replaceChildren(...tools);
    const menu = place?.querySelector("details");
    if (menu) menu.open = open;
  }
}

/**
 * @param {Cell[]} rows
 * @param {number} place
 * @param {import("../compare/types.js").Better | null} wanted
 */
function bestOf(rows, place, wanted) {
  const means = rows.map((row) => row.mean[place]).filter((value) => typeof value === "number");
  if (means.length < 2 || !wanted) return undefined;
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return high - low < CLOSE ? undefined : wanted === "low" ? low : high;
}

/**
 * @param {Comparison} comparison
 * @param {Cell} row
 */
function headCell(comparison, row) {
  const links = row.jobs.flatMap((id) => [" ", make("a", { href: `/jobs/${id}/`, title: comparison.byId.get(id)?.name }, `#${id}`)]);
  const note = row.is_reference ? "reference" : "";
  const about = make("span", { class: "muted small" }, note, ...links);
  return make("th", { scope: "row" }, make("bdi", {}, row.title), about);
}

/**
 * @param {Cell} row
 * @param {{name: string, place: number, best: number | undefined}} wanted
 */
function valueCell(row, { name, place, best }) {
  const [mean, sd, n] = [row.mean[place], row.sd[place], row.n[place] ?? 0];
  const isBest = mean !== null && mean !== undefined && mean === best;
  const value = make("span", { class: isBest ? "value is-best" : "value" }, amount(mean, name));
  if (isBest) value.append(make("span", { class: "only-for-readers" }, ", the best"));
  const cell = make("td", { class: "number" }, value);
  if (typeof sd === "number") cell.append(make("span", { class: "interval" }, `± ${spread(sd, name)}, ${n} jobs`));
  return cell;
}

/**
 * @param {Cell} row
 * @param {string} metric
 */
function differenceCell(row, metric) {
  const { difference } = row;
  if (!difference) {
    const text = row.is_comparing ? "being computed" : "–";
    return make("td", { class: "muted is-difference" }, text);
  }
  const judged = !difference.is_decided ? "open" : difference.mean > 0 ? "above" : "below";
  const range = `${gained(difference.low, metric)} to ${gained(difference.high, metric)}`;
  return make(
    "td",
    { class: "is-difference" },
    make("span", { class: "judged", "data-judged": judged }, gained(difference.mean, metric)),
    make("span", { class: "interval" }, range),
  );
}

customElements.define("final-table", FinalTable);
