/* Finds guests by name, booking number or seat, for a phone that was forgotten. */

export function search(element, door, choose) {
  const form = element.querySelector("[data-search]")
  form.addEventListener("submit", async event => {
    event.preventDefault()
    draw(element, await door.search(form.elements.q.value.trim()))
  })
  element.querySelector("[data-admit-found]").addEventListener("submit", event => {
    event.preventDefault()
    if (event.submitter) choose(event.submitter.value)
  })
}

function draw(element, found) {
  const { content } = element.querySelector("[data-found-row]")
  element.querySelector("[data-found-none]").hidden = found.length > 0
  element.querySelector("[data-found]").replaceChildren(...found.map(it => row(content, it)))
}

function row(content, { ticket, seat, name, category, status_words: words }) {
  const line = content.cloneNode(true).firstElementChild
  line.querySelector("[data-seat]").textContent = seat
  line.querySelector("[data-name]").textContent = name
  line.querySelector("[data-about]").textContent = [category, words].filter(Boolean).join(" · ")
  line.querySelector("button").value = ticket
  return line
}
