/*
 * Reads QR codes, in a worker: served at /door/decoder.js, whose answer allows WebAssembly.
 *
 * First it is told { wasm }, the address of the reader. Each { image, hard, id } is answered with { id, texts }.
 */
import { prepareZXingModule, readBarcodes } from "../../../vendor/zxing-wasm/reader/index.js"

const FAST = { formats: ["QRCode"], tryHarder: false, tryInvert: false, tryDownscale: false, maxNumberOfSymbols: 2 }
const HARD = { ...FAST, tryHarder: true, tryInvert: true, tryDownscale: true }

addEventListener("message", async ({ data: { wasm, image, hard, id } }) => {
  if (wasm) await prepare(wasm)
  else postMessage({ id, texts: await read(image, hard) })
})

async function prepare(wasm) {
  try {
    await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true })
    postMessage({ ready: true })
  } catch (error) {
    postMessage({ broken: String(error) })
  }
}

async function read(image, hard) {
  const found = await readBarcodes(image, hard ? HARD : FAST)
  return found.filter(code => code.isValid).map(code => code.text)
}
