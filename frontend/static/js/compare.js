// The compare page: what is seen first; the parts below come once the page stands.
import "./elements/job-legend.js";
import "./elements/curve-overlay.js";
import "./elements/compare-page.js";

addEventListener("load", () => {
  import("./compare-parts.js").catch(() => {
    const note = document.querySelector('compare-page > [data-part="lost"]');
    if (!(note instanceof HTMLElement)) return;
    note.textContent = "The parts below the curves could not be loaded; reload the page.";
    note.hidden = false;
  });
});
