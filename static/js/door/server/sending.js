/* Sends scans to the server, and learns from what it answers besides. */
import { ask } from "./api.js"

/** Send scans of one event and person; return the server's answers by nonce, each with when (ms) it was made. */
export async function sendScans(door, scans) {
  const { clock, connection, queue, store, sync } = door
  const [{ event, person }] = scans
  const askedAt = Date.now()
  const answer = await ask("/scans", {
    body: {
      sent_at: new Date(askedAt).toISOString(),
      list_version: sync.list.about.version ?? "",
      queued: queue.waiting.filter(it => !scans.includes(it)).length,
      person,
      event,
      scans: scans.map(({ element }) => element),
    },
  })
  connection.heard(Date.now() - askedAt)
  if (clock.learn(askedAt, answer.now)) store?.keepFact("skew", clock.skew).catch(() => {})
  if (event === door.event.id) door.learn(answer)
  const at = Date.parse(answer.now)
  return new Map(answer.scans.map(it => [it.nonce, { ...it, at }]))
}

export function sendUndo({ person }, { nonce, undo: { reason } }) {
  return ask(`/scans/${nonce}/undo`, { body: { reason, person } })
}
