/*
 * Shares the link to one ticket: by the device's own dialog where there is one, else by copying it.
 *
 * Buttons have data-share, the ticket's address. The words are in the element with data-shared, which says in
 * data-state what happened. It listens to the whole page, because tickets are drawn again as they change.
 */
async function share({ dataset: { share: address, title } }) {
  const url = new URL(address, location.href).href
  if (navigator.share) return navigator.share({ title, url }).catch(leave)
  say(await copy(url) ? "copied" : "failed")
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false // not allowed, or a page without HTTPS
  }
}

function leave(error) {
  if (error.name !== "AbortError") say("failed") // the customer closed the dialog
}

function say(state) {
  const said = document.querySelector("[data-shared]")
  delete said.dataset.state // so that the same words are said again
  requestAnimationFrame(() => { said.dataset.state = state })
}

document.documentElement.dataset.shares = ""
document.addEventListener("click", event => {
  const button = event.target.closest("[data-share]")
  if (button) share(button)
})
