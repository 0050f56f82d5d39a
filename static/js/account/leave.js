/*
 * Leaves a private page once the customer has signed out in another tab.
 */
import { hear } from "../shared/tabs.js"

for (const { dataset } of document.querySelectorAll("[data-leave]")) {
  hear("signed-out", () => location.replace(dataset.leave))
}
