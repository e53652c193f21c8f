// Makes a part of the page what the server says it is now, and touches only what differs.

/**
 * This will let `before` hold what `now` holds. Elements that stay keep their focus, their scroll, what was typed
 * and whether they are open; those with an id or a `data-key` stay themselves when others come before them, and
 * those with `data-keep` are left to the scripts of the page.
 * @param {Element} before
 * @param {Element} now
 */
export function renew(before, now) {
  const left = new Set(before.childNodes);
  /** @type {[Node, ChildNode | undefined][]} */
  const pairs = [...now.childNodes].map((fresh) => {
    const same = partner(fresh, left);
    if (same) left.delete(same);
    return [fresh, same];
  });
  for (const gone of left) gone.remove();
  let place = before.firstChild;
  for (const [fresh, same] of pairs) {
    // Text may move, elements shall stay: moving one costs its focus.
    while (same instanceof Element && place instanceof Text) place = place.nextSibling;
    if (!same) before.insertBefore(document.importNode(fresh, true), place);
    else {
      if (same === place) place = same.nextSibling;
      else before.insertBefore(same, place);
      update(same, fresh);
    }
  }
}

/**
 * @param {Node} fresh
 * @param {Set<ChildNode>} left
 */
function partner(fresh, left) {
  const key = keyOf(fresh);
  for (const node of left) {
    if (node.nodeName === fresh.nodeName && keyOf(node) === key) return node;
  }
  return undefined;
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.id || node.getAttribute("data-key") || "" : "";
}

/**
 * @param {ChildNode} before
 * @param {Node} now
 */
function update(before, now) {
  if (!(before instanceof Element) || !(now instanceof Element)) {
    if (before.nodeValue !== now.nodeValue) before.nodeValue = now.nodeValue;
    return;
  }
  if (before.hasAttribute("data-keep")) return;
  if (before.localName === "local-time") return retime(before, now);
  const isOpen = before instanceof HTMLDetailsElement && before.open;
  for (const name of before.getAttributeNames()) if (!now.hasAttribute(name)) before.removeAttribute(name);
  for (const name of now.getAttributeNames()) {
    const value = now.getAttribute(name) ?? "";
    if (before.getAttribute(name) !== value) before.setAttribute(name, value);
  }
  if (before instanceof HTMLDetailsElement) before.open = isOpen;
  renew(before, now);
}

/**
 * The words of a time are the browser's own.
 * @param {Element} before
 * @param {Element} now
 */
function retime(before, now) {
  const [old, fresh] = [before.querySelector("time"), now.querySelector("time")];
  if (old?.dateTime !== fresh?.dateTime) before.replaceWith(document.importNode(now, true));
}
