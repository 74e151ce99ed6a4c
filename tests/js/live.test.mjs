// @ts-check
import assert from "node:assert/strict"
import test, { beforeEach } from "node:test"

import { pass, sent, sockets, visited } from "./window.mjs"
import { looking, tick, trainedTo } from "./news.mjs"
import { watch } from "../../pages/shared/chart/js/live.js"
import * as store from "../../pages/shared/chart/js/store.js"

const wanted = { address: "/live", ticket: "a ticket", main: "a", streams: ["a"], race: [] }
/** Frames of the first epoch and the last. */
const ends = [{ epoch: 0, matrix: "" }, { epoch: 9, matrix: "" }]
const taken = () => sent.splice(0).map((text) => JSON.parse(text))

/** A connection that is open, the one before lost. */
beforeEach(() => {
  if (sockets.length) sockets.at(-1)?.cut()
  watch(wanted)
  sockets.at(-1)?.open()
  pass(10_000)
  sent.length = 0
  sockets.splice(0, sockets.length - 1)
})

test("a page that is drawn while nothing is connected is not connected twice", () => {
  const { length } = sockets
  sockets.at(-1)?.cut()
  watch(wanted) // the page does not wait for the pause to end
  assert.equal(sockets.length, length + 1)
  watch({ ...wanted, streams: ["a", "b"] }) // still connecting
  pass(10_000)
  assert.equal(sockets.length, length + 1, "nor does the pause bring another one")
  sockets.at(-1)?.open()
  assert.deepEqual(taken().map(({ runs }) => Object.keys(runs)), [["a", "b"]], "the latest wish")
})

test("after a good connection the pauses begin short again", () => {
  for (const pause of [500, 1000, 2000]) {
    sockets.at(-1)?.cut()
    pass(pause)
  }
  const { length } = sockets
  sockets.at(-1)?.open()
  sockets.at(-1)?.cut()
  pass(500)
  assert.equal(sockets.length, length + 1)
})

test("an exact frame is asked for again on a new connection", () => {
  store.take(tick({ a: trainedTo(9, { frames: ends }) }))
  store.see(looking({ moment: 4 }))
  pass(1000)
  assert.deepEqual(taken(), [{ kind: "want", epoch: 4, v: 2 }])
  sockets.at(-1)?.cut()
  pass(500)
  assert.deepEqual(taken(), [], "there is nobody to ask")
  sockets.at(-1)?.open()
  store.again()
  pass(100)
  assert.deepEqual(taken().map(({ kind }) => kind), ["watch", "want"])
})

test("no frame is asked for of a run that the route does not have in view yet", () => {
  store.take(tick({ b: trainedTo(9, { frames: ends }) }))
  store.see(looking({ version: 2, main: "b", moment: 4 }))
  pass(1000)
  assert.deepEqual(taken(), [])
})

test("a page over https is told over a connection that is secret, too", () => {
  sockets.at(-1)?.cut()
  visited.entries[visited.at] = "https://school.example/train?u=1"
  watch(wanted)
  assert.equal(sockets.at(-1)?.address, "wss://school.example/live")
})
