// @ts-check
// What can be pressed on a telephone, what comes next, and where points lie.
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { placed } from "../../pages/routes/telephone/map.js"
import { colours, predicted, said, steps } from "../../pages/routes/telephone/ratings.js"
import { next, rated } from "../../pages/routes/telephone/screens.js"

const five = { low: 1, high: 5, step: 1, words: null }

test("a scale of few steps has a button for each; one of many has none", () => {
  assert.deepEqual(steps(five), [1, 2, 3, 4, 5])
  assert.deepEqual(steps({ ...five, low: 0.5, step: 0.5 }).slice(0, 3), [0.5, 1, 1.5])
  assert.deepEqual(steps({ ...five, low: 0, high: 0.3, step: 0.1 }), [0, 0.1, 0.2, 0.3])
  assert.deepEqual(steps({ ...five, high: 100 }), [])
  assert.deepEqual(steps({ ...five, step: null }), [])
})

test("a rating is said with its word", () => {
  const words = { ...five, words: /** @type {[number, string][]} */ ([[4, "Good"]]) }
  assert.deepEqual([said(words, 4), said(words, 5), said(five, 4.5)], ["4: Good", "5", "4.5"])
})

test("the lowest rating is pale, the highest deep, and each can be read", () => {
  assert.deepEqual(colours(five, 1), { background: "#D5F0F7", color: "#20232E" })
  assert.deepEqual(colours(five, 5), { background: "#34288B", color: "#FFFFFF" })
})

test("a prediction lies on the scale", () => {
  assert.deepEqual([predicted(five, 7), predicted(five, 3.14159), predicted(five, -1)], ["5.0", "3.1", "1.0"])
})

test("the next thing is the first from there on that was not seen, around the end", () => {
  const seen = new Map([0, 2, 3].map((item) => [item, { value: null }]))
  assert.deepEqual([next(seen, 5, 2), next(seen, 5, 4), next(seen, 4, 2)], [4, 4, 1])
  assert.equal(next(new Map([[0, { value: 1 }]]), 1, 1), null)
  assert.equal(rated(new Map([[0, { value: 3, seq: 1, sent: true }], [1, { value: null, seq: 1, sent: true }]])), 1)
})

test("points keep their distances on the map, and all are within it", () => {
  /** @type {[number, number][]} */
  const points = [[0, 0], [2, 0], [0, 1], [-1, -1]]
  const at = placed(points)
  const [a, b, c] = points.map(([x, y]) => at(x, y))
  assert.ok(Math.abs(b[0] - a[0] - 2 * (a[1] - c[1])) < 1e-9, "both axes have one measure, y upwards")
  for (const [x, y] of points.map(([x, y]) => at(x, y))) assert.ok(x > 0 && x < 360 && y > 0 && y < 300)
  assert.deepEqual(placed([[3, 3]])(3, 3), [180, 150])
})
