/* Keeps the screen on while somebody scans. The browser lets go whenever the page is hidden, so it is asked again. */

/** `tell(refused)` is called with each answer. */
export async function keepAwake(tell) {
  const ask = async () => {
    if (document.hidden) return
    const lock = await navigator.wakeLock?.request("screen").catch(() => null)
    tell(!lock)
  }
  document.addEventListener("visibilitychange", ask)
  await ask()
}
