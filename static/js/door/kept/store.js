/*
 * Keeps what the door needs without a network, in IndexedDB: scans, the list of an event, and a few facts.
 *
 * A list is kept in 256 parts, by the first two digits of its digests: a change writes a part or two, and all of
 * them are read at once.
 */
const NAME = "door"
const VERSION = 1
const PARTS = 2 // digits
const LOST = ["InvalidStateError", "UnknownError"] // what a lost connection raises
const DURABLE = { durability: "strict" } // written to the disk, before it counts

/** Open the store, or reject where the browser keeps nothing. */
export async function openStore() {
  const store = new Store()
  await store.open()
  return store
}

class Store {
  #isForgotten = false

  async open() {
    this.database = await new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, VERSION)
      request.onupgradeneeded = () => prepare(request.result)
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    this.database.onversionchange = () => this.database.close()
  }

  fact(name) {
    return this.#run("facts", "readonly", it => it.objectStore("facts").get(name))
  }

  keepFact(name, value) {
    return this.#run("facts", "readwrite", it => void it.objectStore("facts").put(value, name))
  }

  scans() {
    return this.#run("scans", "readonly", it => it.objectStore("scans").getAll())
  }

  keepScan(scan) {
    return this.#run("scans", "readwrite", it => void it.objectStore("scans").put(scan), DURABLE)
  }

  dropScans(nonces) {
    return this.#run("scans", "readwrite", it => nonces.forEach(nonce => it.objectStore("scans").delete(nonce)))
  }

  /** Return all rows of an event's list. */
  async rows(event) {
    return (await this.#run("rows", "readonly", it => it.objectStore("rows").getAll(all(event)))).flat()
  }

  /** Keep an event's list: the whole of it, or with `touched` the parts of these digests, with what is known of it. */
  keepList(event, rows, about, touched = null) {
    const parts = split(rows, touched)
    return this.#run(["rows", "facts"], "readwrite", it => {
      const kept = it.objectStore("rows")
      if (!touched) kept.delete(all(event))
      for (const [part, some] of parts) kept.put(some, [event, part])
      it.objectStore("facts").put(about, `list ${event}`)
    })
  }

  dropList(event) {
    return this.#run(["rows", "facts"], "readwrite", it => {
      it.objectStore("rows").delete(all(event))
      it.objectStore("facts").delete(`list ${event}`)
    })
  }

  /** Delete everything. */
  forget() {
    this.#isForgotten = true
    this.database.close()
    return new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(NAME)
      request.onsuccess = () => resolve()
      request.onerror = () => reject(request.error)
    })
  }

  async #run(names, mode, use, options = {}) {
    try {
      return await this.#try(names, mode, use, options)
    } catch (error) {
      if (this.#isForgotten || !LOST.includes(error.name)) throw error
      await this.open() // Safari loses the connection of a page that was in the background
      return this.#try(names, mode, use, options)
    }
  }

  #try(names, mode, use, options) {
    const transaction = this.database.transaction(names, mode, options)
    const request = use(transaction)
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result)
      transaction.onabort = () => reject(transaction.error)
    })
  }
}

function prepare(database) {
  database.createObjectStore("facts")
  database.createObjectStore("scans", { keyPath: "nonce" })
  database.createObjectStore("rows")
}

function all(event) {
  return IDBKeyRange.bound([event], [event, []]) // an array is more than any text
}

function split(rows, touched) {
  const wanted = touched && new Set(touched.map(digest => digest.slice(0, PARTS)))
  const parts = new Map()
  for (const row of rows) {
    const part = row[0].slice(0, PARTS)
    if (wanted && !wanted.has(part)) continue
    if (parts.has(part)) parts.get(part).push(row)
    else parts.set(part, [row])
  }
  return parts
}
