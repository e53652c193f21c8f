// Elements made in one call.

/** @typedef {Record<string, string | number | boolean | undefined>} Attributes */

const SVG = "http://www.w3.org/2000/svg";

/**
 * This will make an element; attributes that are undefined or false are left out, true is an empty one.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 */
export function make(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

/**
 * This will make a part of a drawing.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 */
export function drawn(tag, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @template {Element} Kind
 * @param {Kind} element
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * This will make a button that stays pressed.
 * @param {string} text
 * @param {boolean} pressed
 * @param {(pressed: boolean) => void} onPress
 */
export function toggle(text, pressed, onPress) {
  const button = make("button", { type: "button", "aria-pressed": String(pressed) }, text);
  button.addEventListener("click", () => {
    const now = button.ariaPressed !== "true";
    button.ariaPressed = String(now);
    onPress(now);
  });
  return button;
}

/**
 * This will make a choice of one among several.
 * @param {{label: string, options: [string, string][], chosen: string, onChoose: (value: string) => void}} plan
 */
export function choice({ label, options, chosen, onChoose }) {
  const select = make("select", { "aria-label": label }, ...options.map(([value, text]) => make("option", { value }, text)));
  select.value = chosen;
  select.addEventListener("change", () => onChoose(select.value));
  return make("label", { class: "compare-choice" }, make("span", {}, label), select);
}
