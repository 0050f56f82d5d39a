/*
 * Leads away from a page about somebody's own affairs once they have signed out in another tab.
 */
import { hear } from "../shared/tabs.js"

for (const { dataset } of document.querySelectorAll("[data-leave]")) {
  hear("signed-out", () => location.replace(dataset.leave))
}
