// What every page uses.
import "./elements/copy-text.js";
import "./elements/drop-menu.js";
import "./elements/local-time.js";
import "./elements/part-choice.js";
import "./elements/tab-set.js";
import "./elements/theme-toggle.js";
