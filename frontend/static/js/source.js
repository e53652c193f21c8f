// What the cards of datasets and teachers, and the pages of their samples, use.
import "./elements/feature-strip.js";
import "./elements/gaze-film.js";
import "./elements/key-links.js";
import "./elements/moment-player.js";
