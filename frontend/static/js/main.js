// What every page uses.
import "./elements/copy-text.js";
import "./elements/drop-menu.js";
import "./elements/local-time.js";
import "./elements/part-choice.js";
import "./elements/tab-set.js";
import "./elements/theme-toggle.js";

// What was refused comes into view, wherever on a long form it stands.
/** @type {HTMLElement | null} */
const refused = document.querySelector('[aria-invalid="true"], .has-error :is(input, select), .has-error[tabindex]');
refused?.focus();
