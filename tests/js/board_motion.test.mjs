// @ts-check
// The board of a room: what moves, and how.
import assert from "node:assert/strict"
import test from "node:test"

import { cut, fresh, Gliding, grown, named, reach } from "../../pages/shared/chart/js/board_motion.js"

/** @import { BoardNews } from "../../pages/shared/chart/js/types.js" */

/** @type {(numbers: number[], matrix: (number | null)[][]) => BoardNews} */
const news = (numbers, matrix) => ({
  version: "1", phase: "rating", title: "", scale: { low: 1, high: 5, step: 1, words: [] },
  things: ["a", "b"], members: numbers.map((number) => ({ number, name: null })),
  n_members: numbers.length, n_ratings: 0, matrix,
})

test("points glide to where they belong, never beyond, and come to rest there", () => {
  const gliding = new Gliding()
  gliding.aim(new Map([["m1", [0, 0]]]), false)
  gliding.aim(new Map([["m1", [1, -2]], ["m2", [5, 5]]]), false)
  assert.deepEqual(gliding.at("m2"), [5, 5], "who is new begins there")
  let before = 0
  let turns = 0
  while (gliding.pass(16, 1e-3)) {
    const at = gliding.at("m1") ?? [NaN, NaN]
    assert.ok(at[0] >= before && at[0] <= 1 && Math.abs(at[1] + 2 * at[0]) < 1e-2, "straight on")
    before = at[0]
    assert.ok(++turns < 200)
  }
  assert.deepEqual(gliding.at("m1"), [1, -2])
  assert.ok(turns * 16 > 200, "one sees it move")
})

test("who left is forgotten, and who wants no motion sees none", () => {
  const gliding = new Gliding()
  gliding.aim(new Map([["m1", [0, 0]], ["m2", [1, 1]]]), false)
  gliding.aim(new Map([["m1", [3, 3]]]), true)
  assert.deepEqual([gliding.at("m1"), gliding.at("m2")], [[3, 3], undefined])
  assert.equal(gliding.pass(16, 1e-3), false)
})

test("cells are new when rated or changed, whatever row their student is in", () => {
  const before = news([1, 2], [[1, null], [null, 4]])
  assert.deepEqual(fresh(null, before), [])
  assert.deepEqual(fresh(before, news([2, 3], [[2, 4], [null, 5]])), ["2 0", "3 1"])
  assert.deepEqual(fresh(before, news([1, 2], [[null, null], [null, 4]])), [], "taken back")
})

test("a new cell grows to its size, and stays there", () => {
  assert.deepEqual([grown(-5), grown(0), grown(350), grown(Infinity)], [0, 0, 1, 1])
  assert.ok(grown(100) > 0.5 && grown(100) < 1)
})

test("the frame has all points, around the middle", () => {
  assert.ok(reach([[1, -3], [2, 0]]) > 3)
  assert.ok(reach([]) > 0)
})

test("rows are named as far as there is room", () => {
  assert.deepEqual(named(4, 20, 15), [0, 1, 2, 3])
  assert.deepEqual(named(5, 8, 15), [0, 2, 4])
})

test("a name is cut where it has no room", () => {
  const width = (/** @type {string} */ text) => [...text].length
  assert.deepEqual([cut("Thriller", 8, width), cut("Back in Black", 6, width)], ["Thriller", "Back…"])
})
