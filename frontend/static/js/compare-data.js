// Begins to read what the compare page is about, before the bundle of charts has come.
import "./elements/compare-page.js";
