// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { positions } from "../../pages/shared/chart/js/point_labels.js"

const frame = { left: 0, top: 0, right: 300, bottom: 200 }
/** @typedef {[number, number]} Point */
/** @type {(points: Point[], widths: number[], before?: (string | null)[]) => (string | null)[]} */
const beside = (points, widths, before) => positions(points, widths, points, frame, before)

test("a name alone stands to the right, one at the edge turns inward", () => {
  assert.deepEqual(beside([[100, 100]], [50]), ["middle right"])
  assert.deepEqual(beside([[280, 100]], [50]), ["middle left"])
  assert.deepEqual(beside([[280, 5]], [50]), ["bottom left"])
})

test("names that would lie over each other, or over a point, move apart", () => {
  const places = beside([[100, 100], [130, 100]], [80, 80])
  assert.notEqual(places[0], "middle right", "there is the other point")
  assert.deepEqual(places.filter(Boolean).length, 2)
  assert.notEqual(places[0], places[1])
})

test("a name that can stand nowhere is left out, the first before the others", () => {
  assert.deepEqual(beside([[150, 100]], [400]), [null], "it would be cut on every side")
  /** @type {Point[]} */
  const heap = Array.from({ length: 12 }, () => [150, 100])
  const places = beside(heap, heap.map(() => 100))
  assert.ok(places[0] && places.at(-1) === null, `${places}`)
  const kept = places.filter(Boolean)
  assert.equal(new Set(kept).size, kept.length, "no two on the same side of the same point")
})

test("a name stays where it stood, unless it would cover much more there", () => {
  assert.deepEqual(beside([[100, 100]], [50], ["top left"]), ["top left"])
  const crowd = /** @type {Point[]} */ ([[100, 100], [80, 90], [70, 85], [60, 88], [90, 82]])
  const [place] = positions(crowd.slice(0, 1), [50], crowd, frame, ["top left"])
  assert.equal(place, "middle right")
})
