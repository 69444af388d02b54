import "./styles/main.css";
import "htmx.org/dist/htmx.esm.js";
import { listenForCalendars } from "./calendars.js";
import { drawCharts } from "./charts.js";
import { showCode } from "./code.js";
import { openComposers } from "./composers.js";
import { listenForConfirmations } from "./confirmations.js";
import { listenForCopies } from "./copies.js";
import { openEditors } from "./editors.js";
import { foldSummaries } from "./folds.js";
import { guardForms } from "./guards.js";
import { followChoices, listenForInsertions, liveForms } from "./live.js";
import { followLeaders } from "./leaders.js";
import { closeLocks } from "./locks.js";
import { showConditions } from "./conditions.js";
import { showClocks, showMoments, showOwnZone } from "./moments.js";
import { raisePopups } from "./popups.js";
import { openRows } from "./rows.js";
import { listenForShortcuts } from "./shortcuts.js";
import { listenForThemes } from "./themes.js";
import { listenForWaits } from "./waits.js";

listenForCalendars();
listenForConfirmations();
listenForCopies();
listenForShortcuts();
listenForThemes();
listenForWaits();
listenForInsertions();
showMoments(document);
showClocks(document);
showOwnZone(document);
drawCharts(document);
showCode(document);
raisePopups(document);
closeLocks(document);
openRows(document);
showConditions(document);
openComposers(document);
followLeaders(document);
liveForms(document, dress);
followChoices(document);
foldSummaries(document);
guardForms(document);
openEditors(document);

// What the server sends later gets what the first page got.
function dress(root) {
  showMoments(root);
  showClocks(root);
  showOwnZone(root);
  drawCharts(root);
  showCode(root);
  openEditors(root);
}

document.addEventListener("htmx:after:swap", () => dress(document));
