/*
 * Tells the pages that still show this ticket that it is no longer valid: it may have been replaced just now.
 */
import { tell } from "../shared/tabs.js"

for (const { dataset } of document.querySelectorAll("[data-stopped]")) tell("stopped", { url: dataset.stopped })
