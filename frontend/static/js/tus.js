// The tus protocol 1.0.0 (https://tus.io), as far as uploads need it: begin, ask for the offset, send a part, remove.

/** @typedef {{endpoint: string, token: string}} Door Where uploads begin, and what Django asks of a form. */
/** @typedef {(bytes: number) => void} OnSent */
/** @typedef {{signal: AbortSignal, onSent?: OnSent}} Watch */

/** What may go well when it is tried again: the network, the server or the disk behind it is away. */
export class Interrupted extends Error {}

/** The server knows no such upload (any more). */
export class Gone extends Error {}

/** What will not get better by trying again. */
export class Refused extends Error {}

const STALLED = 60_000;
const PASSING = new Set([0, 408, 409, 423, 425, 429, 460]);

/**
 * This will begin an upload, with its first bytes where a body is given.
 * @param {Door} door
 * @param {{name: string, size: number, body: Blob | null}} file
 * @param {Watch} watch
 * @returns {Promise<{id: string, offset: number}>}
 */
export async function begin(door, file, watch) {
  const headers = {
    "Upload-Length": String(file.size),
    "Upload-Metadata": `filename ${base64(new TextEncoder().encode(file.name))}`,
    ...(file.body ? await ofPart(file.body) : {}),
  };
  const answer = await ask({ door, method: "POST", url: door.endpoint, headers, body: file.body, watch });
  const id = /([0-9a-f-]{36})\/?$/.exec(new URL(answer.getResponseHeader("Location") ?? "", location.href).pathname)?.[1];
  if (!id) throw new Refused("The server did not say where the upload goes.");
  return { id, offset: offsetIn(answer) ?? 0 };
}

/**
 * This will ask how many bytes have arrived.
 * @param {Door} door
 * @param {string} id
 * @param {Watch} watch
 */
export async function offset(door, id, watch) {
  const answer = await ask({ door, method: "HEAD", url: address(door, id), headers: {}, body: null, watch });
  return offsetIn(answer) ?? 0;
}

/**
 * This will send a part and tell how many bytes have arrived by then.
 * @param {Door} door
 * @param {string} id
 * @param {{at: number, body: Blob}} part
 * @param {Watch} watch
 */
export async function send(door, id, part, watch) {
  const headers = { "Upload-Offset": String(part.at), ...(await ofPart(part.body)) };
  const answer = await ask({ door, method: "PATCH", url: address(door, id), headers, body: part.body, watch });
  return offsetIn(answer) ?? part.at + part.body.size;
}

/**
 * This will have the server forget an upload; it does so by itself after a day.
 * @param {Door} door
 * @param {string} id
 */
export async function remove(door, id) {
  const watch = { signal: new AbortController().signal };
  await ask({ door, method: "DELETE", url: address(door, id), headers: {}, body: null, watch }).catch(() => undefined);
}

/**
 * @param {Door} door
 * @param {string} id
 */
function address(door, id) {
  return `${new URL(door.endpoint, location.href).pathname}${id}/`;
}

/** @param {XMLHttpRequest} answer */
function offsetIn(answer) {
  const given = answer.getResponseHeader("Upload-Offset");
  return given === null ? null : Number(given);
}

/**
 * The headers of a part, with its checksum where the page may compute one (https, or this machine).
 * @param {Blob} body
 * @returns {Promise<Record<string, string>>}
 */
async function ofPart(body) {
  const type = { "Content-Type": "application/offset+octet-stream" };
  let bytes;
  try {
    bytes = await body.arrayBuffer();
  } catch {
    throw new Refused("The file has changed or is gone: remove it here and choose it again.");
  }
  if (!globalThis.crypto?.subtle) return type;
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return { ...type, "Upload-Checksum": `sha256 ${base64(new Uint8Array(digest))}` };
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/**
 * Only XMLHttpRequest tells how much of a body has left.
 * @param {{door: Door, method: string, url: string, headers: Record<string, string>, body: Blob | null, watch: Watch}} asked
 * @returns {Promise<XMLHttpRequest>}
 */
function ask({ door, method, url, headers, body, watch }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    let timer = setTimeout(abort, STALLED);
    const moved = (/** @type {ProgressEvent} */ event) => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALLED);
      if (event.loaded) watch.onSent?.(event.loaded);
    };
    request.open(method, url);
    for (const [name, value] of Object.entries({ ...headers, "Tus-Resumable": "1.0.0", "X-CSRFToken": door.token })) {
      request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", moved);
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      watch.signal.removeEventListener("abort", abort);
      if (request.status >= 200 && request.status < 300) resolve(request);
      else reject(failure(request));
    });
    watch.signal.addEventListener("abort", abort);
    if (watch.signal.aborted) abort();
    else request.send(body);
  });
}

/** @param {XMLHttpRequest} request */
function failure({ status, responseText }) {
  if (status === 404 || status === 410) return new Gone("The server does not know this upload any more.");
  if (PASSING.has(status) || (status >= 500 && status !== 507)) return new Interrupted(status ? `The server answered ${status}.` : "No connection.");
  if (status === 401) return new Refused("You are logged out: log in in another tab, then try again.");
  return new Refused(detail(responseText) ?? `The server refused it (${status}).`);
}

/**
 * The sentence of a problem JSON.
 * @param {string} text
 * @returns {string | null}
 */
function detail(text) {
  try {
    const problem = JSON.parse(text);
    const words = Object.values(problem.fields ?? {})[0] ?? problem.detail;
    return typeof words === "string" && words ? words.charAt(0).toUpperCase() + words.slice(1) : null;
  } catch {
    return null;
  }
}
