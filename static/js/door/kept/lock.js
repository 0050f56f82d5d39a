/*
 * Lets one tab work at the door: two would each take what is kept for the whole of it.
 */
const NAME = "door"

/**
 * Call `start` once no other tab has the door, and `wait` first if one has it now. The door is this tab's until
 * it is closed, or `signal` aborts.
 *
 * Without HTTPS browsers have no locks, and check no signatures either: nothing is decided there by what is kept.
 */
export async function takeDoor(start, wait, signal) {
  if (!navigator.locks) return start()
  const { held } = await navigator.locks.query()
  if (held.some(({ name }) => name === NAME)) wait()
  await navigator.locks.request(NAME, () => {
    start()
    return new Promise(leave => signal.addEventListener("abort", leave))
  })
}
