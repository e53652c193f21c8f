// Files as people give them: by an input, by a folder input, or dropped; with the names they get in the upload.

/** @typedef {{name: string, file: File}} Picked */

const JUNK = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i;

/**
 * This will list the files of an input; those of a chosen folder are named by their place in it.
 * @param {HTMLInputElement} input
 * @returns {Picked[]}
 */
export function chosen(input) {
  return [...(input.files ?? [])].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
}

/**
 * This will list what was dropped, folders with all that is in them.
 * @param {DataTransfer} data
 * @returns {Promise<Picked[]>}
 */
export async function dropped(data) {
  // The list of items is empty after the first wait.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (!entries.length) return [...data.files].map((file) => ({ file, name: file.name }));
  const found = await Promise.all(entries.map(walk));
  return found.flat();
}

/**
 * This will leave out what systems leave behind, and the name of a folder that holds everything.
 * @param {Picked[]} picked
 * @param {boolean} isAll whether nothing else was picked before
 */
export function tidy(picked, isAll) {
  const wanted = picked.filter(({ name }) => !JUNK.test(name));
  const [first] = wanted;
  const top = first?.name.includes("/") ? first.name.slice(0, first.name.indexOf("/") + 1) : "";
  if (!isAll || !top || !wanted.every(({ name }) => name.startsWith(top))) return wanted;
  return wanted.map(({ name, file }) => ({ file, name: name.slice(top.length) }));
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Picked[]>}
 */
async function walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ file, name: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Picked[]} */
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const files of await Promise.all(some.map(walk))) found.push(...files);
  }
}
