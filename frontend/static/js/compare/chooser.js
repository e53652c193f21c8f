// A menu of names to tick, with a field to search them where there are many.

import { make } from "./markup.js";

const MANY = 12;

/**
 * This will make the menu; it says what is ticked after each change.
 * @param {object} plan
 * @param {string} plan.title
 * @param {string[]} plan.names
 * @param {string[]} plan.chosen
 * @param {(name: string) => string} plan.label
 * @param {(chosen: string[]) => void} plan.onChoose
 */
export function chooser({ title, names, chosen, label, onChoose }) {
  const ticked = new Set(chosen);
  const summary = make("summary", { class: "button is-small" }, said(title, ticked.size, names.length));
  const rows = names.map((name) => {
    const box = make("input", { type: "checkbox", value: name });
    box.checked = ticked.has(name);
    return make("label", { class: "check", "data-name": name.toLowerCase() }, box, label(name));
  });
  const list = make("div", { class: "compare-names", role: "group", "aria-label": title }, ...rows);
  list.addEventListener("change", (event) => {
    const { value, checked } = /** @type {HTMLInputElement} */ (event.target);
    ticked[checked ? "add" : "delete"](value);
    summary.textContent = said(title, ticked.size, names.length);
    onChoose(names.filter((name) => ticked.has(name)));
  });
  const menu = make("div", { class: "menu-list compare-menu" }, ...(names.length > MANY ? [search(title, rows)] : []), list);
  const whole = document.createElement("drop-menu");
  whole.append(make("details", { class: "menu is-button" }, summary, menu));
  return whole;
}

/**
 * @param {string} title
 * @param {number} count
 * @param {number} all
 */
function said(title, count, all) {
  return `${title} (${count} of ${all})`;
}

/**
 * @param {string} title
 * @param {HTMLElement[]} rows
 */
function search(title, rows) {
  const field = make("input", { type: "search", placeholder: "Search", "aria-label": `Search: ${title}` });
  field.addEventListener("input", () => {
    const sought = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.dataset.name?.includes(sought);
  });
  return field;
}
