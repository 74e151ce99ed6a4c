// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { pass } from "./window.mjs"
import { looking, packed, tick, trainedTo } from "./news.mjs"
import * as store from "../../pages/shared/chart/js/store.js"

let pages = 0

/** A page drawn for the first time: nothing that was changed before counts any more. */
/** @param {Parameters<typeof looking>[0]} fields */
function open(fields = {}) {
  store.see(looking({ session: `page ${++pages}`, ...fields }))
}

test("runs that are watched are not forgotten, of others the ones not heard of for longest", () => {
  store.take(tick({ shown: trainedTo(5), main: trainedTo(7) }))
  store.known(["shown"], "main")
  for (let n = 0; n < 30; n++) store.take(tick({ [`other ${n}`]: trainedTo(1) }))
  assert.equal(store.trained("shown"), 5)
  assert.equal(store.trained("main"), 7)
  const kept = Array.from({ length: 30 }, (_, n) => store.trained(`other ${n}`) >= 0)
  assert.deepEqual(kept, [...Array(8).fill(false), ...Array(22).fill(true)]) // 24 runs in all
  store.known([], null)
  store.take(tick({ last: trainedTo(1) }))
  assert.equal(store.trained("shown"), -1, "once it is watched no longer it can go")
})

test("epochs that come again are put where they belong", () => {
  store.take(tick({ again: { ...trainedTo(0), loss: [9, 8, 7], train: [3, 2, 1] } }))
  store.take(tick({ again: { ...trainedTo(0), from: 1, loss: [5], train: [4] } }))
  const { loss, train, validation } = store.run("again") ?? {}
  assert.deepEqual([loss, train, validation], [[9, 5], [3, 4], null], "and what came after is gone")
})

test("frames come in any order, and the later one of an epoch counts", () => {
  const at = (/** @type {number} */ epoch, /** @type {number} */ level) => ({
    epoch, matrix: packed(level),
  })
  store.take(tick({ framed: trainedTo(9, { frames: [at(6, 1), at(2, 2)] }) }))
  store.take(tick({ framed: trainedTo(9, { frames: [at(4, 3), at(6, 4)] }) }))
  const found = store.run("framed")?.frames.map(({ epoch, matrix }) => [epoch, matrix[0]])
  assert.deepEqual(found, [[2, 2], [4, 3], [6, 4]])
  for (const [epoch, before, after, share] of [[0, 2, 4, 0], [2, 2, 4, 0], [3, 2, 4, 0.5],
    [5.5, 4, 6, 0.75], [6, 6, 6, 0], [8, 6, 6, 0]]) {
    const here = store.around("framed", epoch)
    assert.deepEqual([here?.before.epoch, here?.after.epoch, here?.share], [before, after, share])
  }
})

test("a frame that leaves out where its points reach has them all in one place", () => {
  const frames = [{ epoch: 0, matrix: "", latent: packed(0) }]
  store.take(tick({ still: trainedTo(0, { frames }) }))
  const [frame] = store.run("still")?.frames ?? []
  assert.deepEqual([frame.reach, frame.spread, frame.latent], [0, 0, Int16Array.of(0)])
})

test("a run that is not in view stands at its best once it is finished, else at its latest", () => {
  open()
  store.take(tick({ a: trainedTo(3), b: trainedTo(8, { best: 2, status: "training" }) }))
  assert.equal(store.standing("b")?.shown, 8)
  store.take(tick({ b: trainedTo(8, { best: 2 }) }))
  const { shown, trained, train, playing } = store.standing("b") ?? {}
  assert.deepEqual([shown, trained, train, playing], [2, 8, 1 / 3, false])
})

test("at rest the shown epoch does not wait for pictures, while it moves it does", () => {
  open({ moment: "latest" })
  store.take(tick({ a: trainedTo(20) }))
  pass(1000)
  assert.equal(store.epoch(), 20)
  open({ moment: "latest", status: "training" })
  for (const epoch of [4, 20]) {
    const frames = [{ epoch, matrix: "" }]
    store.take(tick({ a: trainedTo(20, { status: "training", frames }) }))
    pass(3000)
    assert.equal(store.epoch(), epoch)
  }
})

test("playback that begins at a moment with a name begins at its epoch", () => {
  store.take(tick({ a: trainedTo(20, { best: 6, frames: [{ epoch: 20, matrix: "" }] }) }))
  open({ moment: "best", playing: true, speed: 2 })
  pass(3000)
  assert.ok(Math.abs(store.position() - 12) < 0.2, `${store.position()}`)
})

test("who listens is asked to draw, and no longer once it has left", () => {
  open({ moment: 3 })
  let drawn = 0
  const leave = store.listen(() => drawn++)
  pass(1000)
  drawn = 0
  store.again()
  pass(100)
  assert.equal(drawn, 1)
  leave()
  store.again()
  pass(100)
  assert.equal(drawn, 1)
})
