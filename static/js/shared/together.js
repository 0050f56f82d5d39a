/*
 * Follows a resource on the server in one tab for all of them: only the leading tab has a request held. Tabs
 * tell each other which version they have seen, and a tab with another one asks once.
 */
import { askInTurn, hear, lead, tell } from "./tabs.js"
import { follow, nudge } from "./waiting.js"

const PAUSE = 5_000 // ms until a tab that doesn't lead tries again

/**
 * Follow the resource `name`. The options are those of `follow`, except that `ask(signal, { held })` is told
 * whether the request may be held, and `etag()` returns this tab's version. Return `refresh()`, which asks now,
 * and `isLeading()`, whether this tab asks for the others too.
 */
export function followTogether(name, { isWatched, etag, ask, take, fail, poll }) {
  let term = null // while this tab leads
  let failures = 0

  async function refresh() {
    const before = bare(etag())
    try {
      await take(await ask(undefined, { held: false }))
      note(0)
      if (bare(etag()) !== before) tell("seen", { name, etag: etag() })
    } catch {
      note(failures + 1)
      tryAgain()
    }
    if (isWatched()) again()
  }

  function tryAgain() {
    if (term) nudge() // the follower has its own pauses
    else if (isWatched()) setTimeout(refresh, PAUSE)
  }

  function note(number) {
    failures = number
    if (number > 0) fail(number)
  }

  async function run(signal) {
    term = signal
    await follow({
      isWatched,
      signal,
      poll,
      // after a failure, any response is news
      ask: own => askInTurn(mayHold => ask(own, { held: mayHold && failures === 0 })),
      take: async answer => {
        const isBack = failures > 0
        const changed = await take(answer)
        note(0)
        tell("seen", { name, etag: etag() })
        return changed || isBack
      },
      fail: number => {
        if (number === 0) return // only nudged
        note(number)
        tell("seen", { name, failures: number })
      },
    })
    if (term === signal) term = null
    // The response may have been on its way to this tab when another took the lead.
    if (signal.aborted) refresh()
  }

  hear("seen", seen => {
    if (seen.name !== name) return
    const isOther = seen.etag && bare(seen.etag) !== bare(etag())
    if (term) isOther && nudge()
    else if (seen.failures && isWatched()) note(seen.failures)
    else if (isOther || (seen.etag && failures)) refresh()
  })
  hear("changed", changed => changed.name === name && refresh())
  const again = lead(name, run)
  if (document.hidden) refresh()
  return { refresh, isLeading: () => term !== null }
}

/** A compressed response has a weak tag. */
function bare(tag) {
  return tag.replace(/^W\//, "")
}
