// What the page of a question to a student uses.
import "./elements/feature-strip.js";
import "./elements/fresh-part.js";
import "./elements/moment-player.js";
