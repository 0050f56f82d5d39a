const QUIET = 300 // ms; calls closer together than this are one

/** Return a function that calls `action` once, however often it is called in a short time. */
export function debounce(action) {
  let timer
  return () => {
    clearTimeout(timer)
    timer = setTimeout(action, QUIET)
  }
}

/** Return a function that logs to the console, if the page has data-debug or localStorage has `admit-debug`. */
export function logger(name, page) {
  return "debug" in page.dataset || hasSwitch() ? (...words) => console.info(`${name}:`, ...words) : () => {}
}

function hasSwitch() {
  try {
    return localStorage.getItem("admit-debug") !== null
  } catch {
    return false // a browser without storage has no switch
  }
}
