/* What supervisors settle: somebody was let in without a network who shouldn't have been. */

export function settleConflicts(element, door) {
  const draw = async () => {
    const found = await door.conflicts()
    const { content } = element.querySelector("[data-row]")
    element.hidden = found.length === 0
    element.querySelector("[data-rows]").replaceChildren(...found.map(it => row(content, it)))
  }
  element.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-how]")
    if (!button) return
    button.disabled = true
    await door.settle(button.closest("li").dataset.id, button.dataset.how, button.textContent)
    await draw()
  })
  door.addEventListener("conflicts", draw)
  draw().catch(() => {}) // without a network there are none to see
}

function row(content, { id, seat, message }) {
  const line = content.cloneNode(true).firstElementChild
  line.dataset.id = id
  line.querySelector("[data-seat]").textContent = seat
  line.querySelector("[data-words]").textContent = message
  return line
}
