// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { walked } from "../../pages/shared/chart/js/one_step.js"
import { placed, rowsOf, timesOf } from "../../pages/shared/chart/js/step_bars.js"
import { linesOf } from "../../pages/shared/chart/js/step_formula.js"
import { SUB_STEPS, saidOf, strongest, takeApart } from "../../pages/shared/chart/js/take_apart.js"

/** @import { Found, Plane, Rule } from "../../pages/shared/chart/js/types.js" */

/** @type {Rule} */
const rule = { mean: 3, rate: 0.1, biases: true, in_turn: false, waits: false, ends: null }
/** @type {Found} */
const found = {
  user_name: "Ann", item_name: "Jazz", said: "5", rating: 5, target: 5, p: [1, 0], q: [0.5, 1],
  bu: 0, bi: 0.5, ru: 0, ri: 0, times: 1,
}
const plain = { shift: 0, size: 1 }

test("one step by hand: the example of stepwise.sgd_step", () => {
  const step = takeApart(found, rule)
  assert.deepEqual(step.products, [0.5, 0])
  assert.deepEqual([step.score, step.error], [4, 1])
  assert.deepEqual(step.pAfter, [1.05, 0.1])
  assert.deepEqual(step.qAfter, [0.6, 1])
  assert.deepEqual([step.buAfter, step.biAfter], [0.1, 0.6])
  assert.equal(strongest([0.1, -3, 2]), 1)
})

test("in turn, the item moves by the user's new numbers; the link bends", () => {
  assert.deepEqual(takeApart(found, { ...rule, in_turn: true }).qAfter, [0.605, 1.01])
  const linked = takeApart({ ...found, bi: -3.5 }, { ...rule, ends: [1, 5] })
  assert.deepEqual([linked.score, linked.prediction, linked.slope], [0, 3, 1])
  const twice = takeApart({ ...found, times: 2, ru: 9 }, { ...rule, waits: true })
  assert.deepEqual(twice.pAfter, [1.1, 0.2])
})

test("sub-steps go on to the next rating and back to the one before", () => {
  const last = SUB_STEPS.length - 1
  assert.deepEqual(walked({ place: 3, at: 0 }, 1, 9), { place: 3, at: 1 })
  assert.deepEqual(walked({ place: 3, at: last }, 1, 9), { place: 4, at: 0 })
  assert.deepEqual(walked({ place: 8, at: last }, 1, 9), { place: 8, at: last })
  assert.deepEqual(walked({ place: 3, at: 0 }, -1, 9), { place: 2, at: last })
  assert.deepEqual(walked({ place: 0, at: 0 }, -1, 9), { place: 0, at: 0 })
  let where = { place: 2, at: 3 }
  for (let n = 0; n < 20; n++) where = walked(where, 1, 9)
  for (let n = 0; n < 20; n++) where = walked(where, -1, 9)
  assert.deepEqual(where, { place: 2, at: 3 })
})

test("the formula has each number beneath its symbol", () => {
  const step = takeApart(found, rule)
  /** @type {(line: (string | { symbol: string, under: string, value: string })[]) => string} */
  const read = (line) =>
    line.map((each) => (typeof each === "string" ? each : `${each.symbol}${each.under}:${each.value}`)).join(" ")
  /** @type {(sub: string) => string[]} */
  const lines = (sub) => linesOf(sub, found, step, rule, plain).map(read)
  assert.deepEqual(lines("products"), ["p·q:0.500 = pu1:1 · qi1:0.500 + pu2:0 · qi2:1"])
  assert.deepEqual(lines("sum"), ["x:4 = μ:3 + bu:0 + bi:0.500 + p·q:0.500"])
  assert.deepEqual(lines("error"), ["e:1 = r:5 − x:4"])
  assert.equal(lines("after")[0], "new pu1:1.05 = pu1:1 − γ:0.100 · ∂pu1:−0.500")
  assert.equal(lines("gradients").length, 4)
  const without = { ...rule, biases: false }
  assert.equal(linesOf("gradients", found, takeApart(found, without), without, plain).length, 2)
  const standard = linesOf("sum", found, step, rule, { shift: 3.5, size: 2 }).map(read)
  assert.equal(standard[1], "predicted rating:11.5 = mean:3.50 + s:2 · x:4")
})

test("bars move from before the step to after it", () => {
  const step = takeApart(found, rule)
  assert.deepEqual(rowsOf("after", found, step, 0)[0].values, found.p)
  assert.deepEqual(rowsOf("after", found, step, 1)[0].values, step.pAfter)
  assert.deepEqual(rowsOf("after", found, step, 1)[0].before, found.p)
  assert.deepEqual(rowsOf("sum", found, step, 1)[2].values, step.products)
  assert.deepEqual(rowsOf("rating", found, step, 1).map(({ kind }) => kind), ["user", "item"])
})

test("arrows too short to be seen are drawn longer, and by how much is known", () => {
  /** @type {Plane} */
  const plane = {
    axes: [[1, 0], [0, 1]], centre: [0, 0], names: ["a", "b"], users: [[3, 0]], items: [[0, -3]],
  }
  assert.deepEqual(placed(plane, [1, 2]), [1, 2])
  assert.equal(timesOf(plane, found, takeApart(found, rule)), 10)
  assert.equal(timesOf(plane, found, takeApart(found, { ...rule, rate: 1e-3 })), 1000)
  assert.equal(timesOf(plane, found, takeApart(found, { ...rule, rate: 5 })), 1)
})

test("each sub-step has one sentence, by the page's templates", () => {
  const words = Object.fromEntries(
    ["rating_plain", "products", "sum", "error_low", "gradients", "after"].map((id) => [id, `${id} {before}`]),
  )
  const said = SUB_STEPS.map((sub) => saidOf(sub, found, rule, plain, words).split(" ")[0])
  assert.deepEqual(said, ["rating_plain", "products", "sum", "error_low", "gradients", "after"])
  assert.equal(saidOf("after", found, rule, plain, words), "after 4")
})
