// One line of the list of uploads: a file, or many files of one folder.
import { note, sum, together } from "./upload-words.js";

/** @typedef {import("./upload-words.js").Sent} Sent */
/** @typedef {(what: string, transfers: Sent[]) => void} OnPressed */

/** What the buttons are called for those who do not see them. */
const VERBS = { pause: "Pause", resume: "Continue", drop: "Remove" };

/** A line that draws what its files do. */
export class UploadRow {
  /**
   * @param {HTMLTemplateElement} template
   * @param {{label: string, transfers: Sent[]}} of
   * @param {OnPressed} pressed
   */
  constructor(template, { label, transfers }, pressed) {
    this.transfers = transfers;
    this.item = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    this.bar = /** @type {HTMLProgressElement} */ (this.item.querySelector("progress"));
    this.bar.setAttribute("aria-label", `Upload of ${label}`);
    this.write("name", label);
    for (const button of this.buttons) {
      const verb = VERBS[/** @type {keyof VERBS} */ (button.dataset.do)];
      button.setAttribute("aria-label", `${verb} ${label}`);
      button.title = verb;
      button.addEventListener("click", () => pressed(button.dataset.do ?? "", this.transfers));
    }
  }

  get buttons() {
    return /** @type {NodeListOf<HTMLButtonElement>} */ (this.item.querySelectorAll("button[data-do]"));
  }

  draw() {
    const total = sum(this.transfers, "size");
    const sent = sum(this.transfers, "sent");
    const way = together(this.transfers);
    this.item.dataset.way = way;
    this.bar.value = total ? sent / total : Number(way === "done");
    this.write("note", note(this.transfers, { way, sent, total }));
    for (const button of this.buttons) {
      if (button.dataset.do === "pause") button.hidden = !["sending", "retrying", "waiting"].includes(way);
      if (button.dataset.do === "resume") button.hidden = !["paused", "failed"].includes(way);
    }
  }

  /**
   * @param {string} part
   * @param {string} text
   */
  write(part, text) {
    const place = this.item.querySelector(`[data-part="${part}"]`);
    if (place && place.textContent !== text) place.textContent = text;
  }
}

/**
 * This will gather files for lines: those of a folder share one when they are many.
 * @template {{name: string}} T
 * @param {T[]} files
 * @returns {{label: string, files: T[]}[]}
 */
export function lines(files) {
  const most = 12;
  /** @type {Map<string, T[]>} */
  const folders = new Map();
  for (const file of files) {
    const folder = file.name.slice(0, file.name.lastIndexOf("/") + 1);
    const inside = folders.get(folder);
    if (inside) inside.push(file);
    else folders.set(folder, [file]);
  }
  return [...folders].flatMap(([folder, inside]) =>
    inside.length > most
      ? [{ label: `${inside.length.toLocaleString("en")} files${folder ? ` in ${folder}` : ""}`, files: inside }]
      : inside.map((file) => ({ label: file.name, files: [file] })),
  );
}
