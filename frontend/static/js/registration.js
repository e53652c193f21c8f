// What a registration's page uses.
import "./elements/registration-watch.js";
