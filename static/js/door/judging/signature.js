/*
 * Reads what a ticket's QR code says and checks its signature, as bookings/tickets/tokens.py does.
 *
 * WebCrypto's Ed25519 is used where there is one (Safari 17, Firefox 129, Chrome 137), else @noble/ed25519.
 */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
const LENGTH = 136 // characters: 85 bytes in base32
const VERSION = 1
const CLAIM = 21 // bytes: version, event, code
const CODE = 5 // where the code begins
const DIGEST = 12 // bytes
const SWAPPED = { Y: "Z", Z: "Y" }

let checker = null // a promise of a function: (key, signature, claim) → whether it fits

/** Whether this browser can check signatures: without HTTPS none can. */
export const canRead = Boolean(globalThis.crypto?.subtle)

/**
 * Return what `text` says, or null unless one of `keys` (base64) has signed it: `{ token, event, digest }`.
 *
 * With `typed`, it comes from a scanner that types, whose keyboard may have Y and Z the other way round.
 */
export async function read(text, keys, { typed = false } = {}) {
  if (!typed) return readExactly(text, keys)
  const upper = text.trim().toUpperCase()
  return await readExactly(upper, keys) ?? readExactly(upper.replace(/[YZ]/g, it => SWAPPED[it]), keys)
}

/** Return the digest that stands for a ticket's code in the list. */
export async function digestOf(code) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code))
  return hex(hash.slice(0, DIGEST))
}

/** Return bytes in hexadecimal digits. */
export function hex(buffer) {
  return [...new Uint8Array(buffer)].map(byte => byte.toString(16).padStart(2, "0")).join("")
}

async function readExactly(token, keys) {
  const bytes = decode(token)
  if (!bytes || bytes[0] !== VERSION) return null
  const claim = bytes.slice(0, CLAIM), signature = bytes.slice(CLAIM)
  checker ??= findChecker()
  const fits = await checker
  for (const key of keys) {
    if (!await fits(keyOf(key), signature, claim)) continue
    const code = encode(claim.slice(CODE))
    return { token, event: new DataView(claim.buffer).getUint32(1), digest: await digestOf(code) }
  }
  return null
}

async function findChecker() {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"])
    return native()
  } catch {
    const { verifyAsync } = await import("../../../vendor/noble-ed25519/index.js")
    return (key, signature, claim) => verifyAsync(signature, claim, key).catch(() => false)
  }
}

function native() {
  const known = new Map()
  return async (key, signature, claim) => {
    const name = key.join()
    if (!known.has(name)) {
      known.set(name, await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]))
    }
    return crypto.subtle.verify("Ed25519", known.get(name), signature, claim)
  }
}

function keyOf(text) {
  return Uint8Array.from(atob(text), it => it.charCodeAt(0))
}

function decode(text) {
  if (text.length !== LENGTH || /[^A-Z2-7]/.test(text)) return null
  const bytes = new Uint8Array(LENGTH * 5 / 8)
  let bits = 0, value = 0, at = 0
  for (const letter of text) {
    value = (value << 5 | LETTERS.indexOf(letter)) & 0xfff
    bits += 5
    if (bits >= 8) bytes[at++] = value >> (bits -= 8) & 0xff
  }
  return bytes
}

function encode(bytes) {
  let bits = 0, value = 0, text = ""
  for (const byte of bytes) {
    value = (value << 8 | byte) & 0xfff
    for (bits += 8; bits >= 5;) text += LETTERS[value >> (bits -= 5) & 31]
  }
  return bits ? text + LETTERS[value << 5 - bits & 31] : text
}
