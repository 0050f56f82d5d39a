/*
 * Lets the pages that still show a ticket know that it admits nobody any more: it may have been replaced here.
 */
import { tell } from "../shared/tabs.js"

for (const { dataset } of document.querySelectorAll("[data-stopped]")) tell("stopped", { url: dataset.stopped })
