// Comfort for people with JavaScript; every page works without it.
import "htmx.org/dist/htmx.esm.js";
import "./forms.js";
import "./worklist.js";
