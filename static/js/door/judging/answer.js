/*
 * Makes the answer to a scan that is shown: by this device's judgement, or by what the server says.
 *
 * The words are the page's, by verdict, with `{at}` and the like in them.
 */
import { entryOf } from "./judge.js"

const MINUTE = 60_000 // ms

/** Return the answer to a scan by what this device knows. */
export function localAnswer({ scan, verdict, ticket, entry, context }) {
  const { list, words, clock: { now }, event } = context
  const age = ageOf(list, now)
  const name = verdict === "admitted" && !ticket ? "younger" : verdict
  return {
    nonce: scan.nonce,
    verdict,
    message: say(words[name]?.say ?? "", { verdict, entry, now, age, event }),
    seat: ticket?.seat ?? "",
    name: ticket?.name ?? "",
    category: ticket?.category ?? "",
    notes: ticket?.notes ?? [],
    group: ticket && groupOf(ticket, context, verdict),
    inside_since: entry ? new Date(entry.at).toISOString() : null,
    gate: entry?.gate ?? "",
    other_name: entry && entry.digest !== ticket?.digest ? list.ticket(entry.digest)?.name ?? "" : "",
    confirmed: false,
    age,
  }
}

/** Return the server's answer, or why it refuses to have the scan. */
export function serverAnswer({ scan: { nonce, answer, error }, context: { list, clock: { now } } }) {
  const said = answer ?? { verdict: error.code, message: error.message, notes: [], group: null }
  return { ...said, nonce, confirmed: true, age: ageOf(list, now) }
}

function groupOf(ticket, { list, own }, verdict) {
  const all = list.together(ticket)
  const isOut = it => !entryOf({ digest: it.digest, ticket: it, list, own })
  const missing = all.filter(isOut).map(it => it.digest)
  const others = missing.filter(digest => digest !== ticket.digest)
  const isMissing = verdict !== "admitted" && missing.length > others.length
  return { in: all.length - others.length - (isMissing ? 1 : 0), of: all.length, others }
}

function ageOf({ about: { at } }, now) {
  return at === undefined ? null : Math.max(0, now - at)
}

/** Fill in what a sentence leaves open: times as they are where the event is, and durations in minutes. */
function say(sentence, { verdict, entry, now, age, event }) {
  const at = { inside: entry?.at, not_yet: event.from, over: event.until }[verdict]
  const parts = {
    at: at === undefined ? "" : timeOf(at, event),
    gate: entry?.gate ?? "",
    minutes: Math.max(0, Math.floor((now - at) / MINUTE)),
    age: Math.floor((age ?? 0) / MINUTE),
  }
  return sentence.replace(/\{(\w+)\}/g, (all, name) => parts[name] ?? all)
}

function timeOf(at, { time_zone: zone }) {
  const { lang } = document.documentElement
  return new Intl.DateTimeFormat(lang || undefined, { hour: "2-digit", minute: "2-digit", timeZone: zone || undefined }).format(at)
}
