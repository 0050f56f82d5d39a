/* Draws a layout while it is written: the server reads it, and says what is wrong and what it would change. */
const PAUSE = 300 // ms after the last key

function start(form) {
  let timer = 0
  let asked = null // an AbortController while the server draws
  form.elements.text.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(draw, PAUSE)
  })
  form.elements.file.addEventListener("change", async ({ target }) => {
    const [file] = target.files
    if (!file) return
    form.elements.text.value = await file.text()
    target.value = ""
    draw()
  })

  async function draw() {
    asked?.abort()
    asked = new AbortController()
    const body = new FormData(form)
    body.delete("file")
    try {
      const response = await fetch(form.dataset.previewUrl, { method: "POST", body, signal: asked.signal })
      if (!response.ok) return
      const page = new DOMParser().parseFromString(await response.text(), "text/html")
      const drawn = page.querySelector("[data-drawn]")
      if (drawn) form.querySelector("[data-preview]").replaceChildren(document.adoptNode(drawn))
    } catch {
      // The button draws it too.
    }
  }
}

document.querySelectorAll("[data-layout-form]").forEach(start)
