/* Finds guests by name, booking number or seat, for a phone that was forgotten. */

/** `words` are by verdict; `choose(ticket)` gets the digest of who is to be let in. */
export function search(element, door, words, choose) {
  const form = element.querySelector("[data-search]")
  form.addEventListener("submit", async event => {
    event.preventDefault()
    draw(element, words, await door.search(form.elements.q.value.trim()))
  })
  element.querySelector("[data-admit-found]").addEventListener("submit", event => {
    event.preventDefault()
    if (event.submitter) choose(event.submitter.value)
  })
}

function draw(element, words, found) {
  const { content } = element.querySelector("[data-found-row]")
  element.querySelector("[data-found-none]").hidden = found.length > 0
  element.querySelector("[data-found]").replaceChildren(...found.map(it => row(content, words, it)))
}

function row(content, words, { ticket, seat, name, category, status, since }) {
  const line = content.cloneNode(true).firstElementChild
  line.querySelector("[data-seat]").textContent = seat
  line.querySelector("[data-name]").textContent = name
  line.querySelector("[data-about]").textContent = [category, words[since ? "inside" : status]?.word].filter(Boolean).join(" · ")
  line.querySelector("button").value = ticket
  return line
}
