// @ts-check
// What a person answers arrives, whatever happens to the network, the page and the server.
import assert from "node:assert/strict"
import test from "node:test"

import { Queue, sturdy } from "../../pages/routes/telephone/queue.js"

/** @import { Answer } from "../../pages/routes/telephone/types.js" */

/** localStorage. */
function storage() {
  /** @type {Map<string, string>} */
  const kept = new Map()
  return {
    getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ text) => void kept.set(name, text),
    removeItem: (/** @type {string} */ name) => void kept.delete(name),
  }
}

/** The server's rule: the highest seq of a thing wins. */
class Server {
  version = 1
  /** @type {Map<number, Answer>} */
  has = new Map()
  /** @param {Answer[]} answers */
  put(answers) {
    for (const each of answers) {
      if (each.seq > (this.has.get(each.item)?.seq ?? 0)) this.has.set(each.item, { ...each })
    }
    this.version++
    return { acknowledged: answers.map(({ item, seq }) => ({ item, seq })), version: this.version }
  }
  state() {
    return { answers: [...this.has.values()], version: this.version }
  }
}

/** Numbers between 0 and 1, the same for a seed (mulberry32). @param {number} seed */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

test("in any order of answers, losses, reloads and tabs the last answer of each thing arrives", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const next = chance(seed)
    const below = (/** @type {number} */ n) => Math.floor(next() * n)
    const store = storage()
    const server = new Server()
    let copy = new Map(server.has) // what is on the server's disk
    const tabs = [new Queue(store, "q"), new Queue(store, "q")]
    /** What the person said last. @type {Map<number, number | null>} */
    const said = new Map()
    /** Messages under way, and states that come late. @type {(() => void)[]} */
    const late = []
    for (let step = 0; step < 60; step++) {
      const at = below(2)
      const tab = tabs[at]
      switch (below(9)) {
        case 0: case 1: case 2: {
          const [item, value] = [below(5), next() < 0.25 ? null : 1 + below(5)]
          tab.answer(item, value)
          said.set(item, value)
          break
        }
        case 3: { // sent and answered
          const reply = server.put(tab.unsent())
          tab.acknowledged(reply.acknowledged, reply.version)
          break
        }
        case 4: // arrived, its answer lost
          server.put(tab.unsent())
          break
        case 5: { // lost on the way, or arrives much later
          const answers = tab.unsent()
          if (next() < 0.5) late.push(() => void server.put(answers))
          break
        }
        case 6: // reloaded
          tabs[at] = new Queue(store, "q")
          break
        case 7: { // hears of the state, at once or late
          const { answers, version } = structuredClone(server.state())
          if (next() < 0.5) tab.meet(answers, version)
          else late.push(() => tab.meet(answers, version))
          break
        }
        case 8: // what is under way comes; or the server writes its disk; or comes back from it
          if (next() < 0.6) late.shift()?.()
          else if (next() < 0.5) copy = new Map(server.has)
          else {
            server.has = new Map(copy)
            late.length = 0 // what was under way is lost with it
            for (const each of tabs) each.lost()
          }
      }
    }
    for (const come of late) come()
    for (const tab of tabs) { // there is a network again
      tab.lost()
      tab.meet([...server.has.values()], ++server.version)
      const reply = server.put(tab.unsent())
      tab.acknowledged(reply.acknowledged, reply.version)
      assert.deepEqual(tab.unsent(), [])
    }
    const arrived = new Map([...server.has.values()].map(({ item, value }) => [item, value]))
    assert.deepEqual([...arrived].sort(), [...said].sort(), `seed ${seed}`)
    assert.deepEqual(
      [...tabs[0].all()].map(([item, { value }]) => [item, value]).sort(), [...said].sort(), `seed ${seed}`,
    )
  }
})

test("a state that was under way while an answer was taken asks for nothing again", () => {
  const [queue, server] = [new Queue(storage(), "q"), new Server()]
  const old = structuredClone(server.state())
  queue.answer(0, 4)
  const reply = server.put(queue.unsent())
  queue.acknowledged(reply.acknowledged, reply.version)
  queue.meet(old.answers, old.version)
  assert.deepEqual(queue.unsent(), [])
  queue.lost() // but of a server that came back without it, it does
  queue.meet(old.answers, old.version)
  assert.deepEqual(queue.unsent(), [{ item: 0, value: 4, seq: 1 }])
})

test("an answer changed while it was sent is not taken for sent", () => {
  const queue = new Queue(storage(), "q")
  queue.answer(0, 4)
  const sent = queue.unsent()
  queue.answer(0, 2)
  queue.acknowledged(sent, 2)
  assert.deepEqual(queue.unsent(), [{ item: 0, value: 2, seq: 2 }])
})

test("answers of another tab's are not written over", () => {
  const store = storage()
  const [one, other] = [new Queue(store, "q"), new Queue(store, "q")]
  one.answer(0, 1)
  other.answer(0, 5)
  one.answer(1, 3)
  assert.deepEqual(other.unsent(), [{ item: 0, value: 5, seq: 2 }, { item: 1, value: 3, seq: 1 }])
})

test("where the browser keeps nothing, or is full, answers are kept while the page is open", () => {
  const full = { ...storage(), setItem() { throw new Error("QuotaExceededError") } }
  for (const store of [sturdy(null), sturdy(full)]) {
    const queue = new Queue(store, "q")
    queue.answer(2, 5)
    assert.deepEqual(new Queue(store, "q").unsent(), [{ item: 2, value: 5, seq: 1 }])
    queue.forget()
    assert.deepEqual(queue.unsent(), [])
  }
})

test("what somebody else wrote there is not taken for answers", () => {
  const store = storage()
  store.setItem("q", "{not JSON")
  const queue = new Queue(store, "q")
  assert.equal(queue.all().size, 0)
  queue.answer(0, 1)
  assert.equal(queue.unsent().length, 1)
})
