/* A camera that sees what the test shows it by feed(url), on noise; nothing with null, or "black". */
{
  const canvas = document.createElement("canvas")
  Object.assign(canvas, { width: 960, height: 720 })
  const context = canvas.getContext("2d")
  let picture = null
  let count = 0

  function draw() {
    context.fillStyle = picture === "black" ? "#000" : "#bbb"
    context.fillRect(0, 0, canvas.width, canvas.height)
    if (picture === "black") return
    context.fillStyle = `hsl(${count++ * 37 % 360} 60% 50%)` // no two pictures of a camera are equal
    context.fillRect(0, 0, 120, 120)
    if (picture) context.drawImage(picture, (canvas.width - picture.width) / 2, (canvas.height - picture.height) / 2)
  }

  globalThis.feed = async source => {
    if (source === null || source === "black") return void (picture = source)
    const bytes = Uint8Array.from(atob(source.split(",")[1]), it => it.charCodeAt(0))
    picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }))
  }
  setInterval(draw, 40)
  globalThis.asked = 0
  if (navigator.mediaDevices) {
    navigator.mediaDevices.getUserMedia = async () => {
      asked += 1
      return canvas.captureStream(25)
    }
  }
}
