/*
 * Tells the other tabs that the customer has signed out, and deletes the copies of tickets (tickets/worker.js).
 *
 * The server has the browser drop all that it stores, but not where it keeps what was scanned at the door.
 */
import { tell } from "../shared/tabs.js"

const PREFIX = "ticket "

tell("signed-out")
for (const name of await globalThis.caches?.keys() ?? []) {
  if (name.startsWith(PREFIX)) caches.delete(name)
}
