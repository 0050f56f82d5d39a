/*
 * What pages that keep themselves in step have in common.
 */
const CALM = 300 // ms; what is asked for again within is done once

/** Return a function that does `deed` once, however often it is called in a short time. */
export function calmly(deed) {
  let timer
  return () => {
    clearTimeout(timer)
    timer = setTimeout(deed, CALM)
  }
}

/** Return what tells in the console: if the page has data-debug, or this browser the switch `admit-debug`. */
export function logger(name, page) {
  return "debug" in page.dataset || hasSwitch() ? (...words) => console.info(`${name}:`, ...words) : () => {}
}

function hasSwitch() {
  try {
    return localStorage.getItem("admit-debug") !== null
  } catch {
    return false // a browser that keeps nothing has no switch
  }
}
