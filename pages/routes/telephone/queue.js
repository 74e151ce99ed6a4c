// @ts-check
// A person's answers, kept on the telephone until the server has them.
//
// Every answer of a thing has a higher number (seq) than the one before, and the server keeps the
// highest: sent twice it counts once. What is kept is read anew before each change: another tab of
// the same telephone writes the same place.

/** @import { Answer, Store } from "./types.js" */
/** @typedef {{ value: number | null, seq: number, sent: boolean }} Kept */

// Storage that always works while the page is open: where the browser refuses, memory is used.
/** @type {(storage: Store | null | undefined) => Store} */
export function sturdy(storage) {
  /** @type {Map<string, string>} */
  const memory = new Map()
  return {
    getItem(name) {
      try {
        return memory.get(name) ?? storage?.getItem(name) ?? null
      } catch {
        return null
      }
    },
    setItem(name, text) {
      try {
        if (!storage) throw new Error("there is none")
        storage.setItem(name, text)
        memory.delete(name)
      } catch {
        memory.set(name, text)
      }
    },
    removeItem(name) {
      memory.delete(name)
      try {
        storage?.removeItem(name)
      } catch {
        // then there is nothing to remove
      }
    },
  }
}

export class Queue {
  // The version of the room at which the server had last taken something.
  #floor = 0

  /** @param {Store} storage @param {string} name */
  constructor(storage, name) {
    this.storage = storage
    this.name = name
  }

  /** All that was answered, by thing. @returns {Map<number, Kept>} */
  all() {
    try {
      const found = JSON.parse(this.storage.getItem(this.name) ?? "[]")
      return new Map(found.map((/** @type {[number, number | null, number, number]} */ each) => [
        each[0], { value: each[1], seq: each[2], sent: each[3] === 1 },
      ]))
    } catch {
      return new Map() // what somebody else wrote there
    }
  }

  /** @param {Map<number, Kept>} all */
  #keep(all) {
    const rows = [...all].map(([item, { value, seq, sent }]) => [item, value, seq, sent ? 1 : 0])
    this.storage.setItem(this.name, JSON.stringify(rows))
  }

  /** A rating; null: taken back, or not known. @type {(item: number, value: number | null) => void} */
  answer(item, value) {
    const all = this.all()
    all.set(item, { value, seq: (all.get(item)?.seq ?? 0) + 1, sent: false })
    this.#keep(all)
  }

  /** What the server is not known to have. @returns {Answer[]} */
  unsent() {
    return [...this.all()].flatMap(([item, { value, seq, sent }]) => (sent ? [] : [{ item, value, seq }]))
  }

  /** The server has these, or later ones. @type {(those: { item: number, seq: number }[], version: number) => void} */
  acknowledged(those, version) {
    const all = this.all()
    for (const { item, seq } of those) {
      const kept = all.get(item)
      if (kept && kept.seq <= seq) kept.sent = true
    }
    this.#floor = Math.max(this.#floor, version)
    this.#keep(all)
  }

  // What the server has at a version. What is later there is taken; what it lacks although it said
  // that it had it (a database brought back from an older copy) is sent again.
  /** @type {(answers: Answer[], version: number) => void} */
  meet(answers, version) {
    const all = this.all()
    const there = new Map(answers.map((each) => [each.item, each]))
    for (const { item, value, seq } of answers) {
      const kept = all.get(item)
      if (!kept || kept.seq < seq) all.set(item, { value, seq, sent: true })
      else if (kept.seq === seq && kept.value === value) kept.sent = true
      else if (kept.seq === seq) all.set(item, { value: kept.value, seq: seq + 1, sent: false })
    }
    if (version >= this.#floor) {
      for (const [item, kept] of all) {
        if (kept.sent && kept.seq > (there.get(item)?.seq ?? 0)) kept.sent = false
      }
    }
    this.#keep(all)
  }

  // The connection was lost: the server may be another one, whose versions begin lower.
  lost() {
    this.#floor = 0
  }

  forget() {
    this.storage.removeItem(this.name)
  }
}
