import { palette, THEME_CHANGED } from "../palette.js";

const ROWS = 16;
const COLUMNS = 96;

/** What the network sees of a video: groups of its feature dimensions by time, light where they are low. */
class FeatureStrip extends HTMLElement {
  connectedCallback() {
    this.canvas = /** @type {HTMLCanvasElement} */ (this.querySelector("canvas"));
    this.values = Uint8Array.from(atob(this.dataset.values ?? ""), (letter) => letter.charCodeAt(0));
    document.addEventListener(THEME_CHANGED, this.draw);
    this.draw();
  }

  disconnectedCallback() {
    document.removeEventListener(THEME_CHANGED, this.draw);
  }

  draw = () => {
    const values = this.values;
    const pen = this.canvas?.getContext("2d");
    if (!pen || !this.canvas || values?.length !== ROWS * COLUMNS) return;
    this.canvas.width = COLUMNS;
    this.canvas.height = ROWS;
    const scale = palette().heat.map(parts);
    const image = pen.createImageData(COLUMNS, ROWS);
    values.forEach((value, index) => image.data.set([...mixed(scale, value / 255), 255], 4 * index));
    pen.putImageData(image, 0, 0);
    this.dataset.drawn = "yes";
  };
}

/**
 * @param {string} color as computed by the browser: rgb(r, g, b)
 * @returns {number[]}
 */
function parts(color) {
  return (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

/**
 * @param {number[][]} scale colours from low to high, evenly spaced
 * @param {number} share between 0 and 1
 * @returns {number[]}
 */
function mixed(scale, share) {
  const place = share * (scale.length - 1);
  const low = Math.min(Math.floor(place), scale.length - 2);
  const [from = [], to = []] = [scale[low], scale[low + 1]];
  return from.map((part, index) => Math.round(part + (place - low) * ((to[index] ?? part) - part)));
}

customElements.define("feature-strip", FeatureStrip);
