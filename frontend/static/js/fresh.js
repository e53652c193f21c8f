// What pages that live use: parts of them are renewed every few seconds.
import "./elements/fresh-part.js";
