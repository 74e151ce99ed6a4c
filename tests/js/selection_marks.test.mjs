// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { clicked, rings } from "../../pages/shared/chart/js/selection_marks.js"

const matrix = { rows: [7, 3], columns: [5, 9, 1], ring: { color: "#123456", width: 3 }, begin: false }
/** @type {import("../../pages/shared/chart/js/types.js").PointMarks} */
const map = {
  ring: { symbol: "circle-open", size: 18, color: "#123456", line: { width: 2.5 } },
  points: [{ trace: 0, side: "user", ids: [4, 2] }, { trace: 2, side: "item", ids: [2, 8] }],
}
const traces = [{ x: [1, 2], y: [3, 4] }, {}, { x: [5, null], y: [7, null] }]

/** @type {(given: any[]) => any[]} The middles of the rectangles. */
const middles = (given) => given.map(({ x0, x1, y0, y1 }) => [(x0 + x1) / 2, (y0 + y1) / 2])
/** @type {(given: any[]) => any[]} */
const anchors = (given) => given.map(({ xanchor, yanchor }) => [xanchor, yanchor])

test("the selected cell is ringed, where both its row and its column are there", () => {
  assert.deepEqual(middles(rings(matrix, { user: 3, item: 9 }, [])), [[1, 1]])
  for (const [user, item] of [[3, 4], [4, 9], [3, null], [null, null]]) {
    assert.deepEqual(rings(matrix, { user, item }, []), [])
  }
})

test("where nobody is selected the first cell is, if the chart begins there", () => {
  const begins = { ...matrix, begin: true }
  assert.deepEqual(middles(rings(begins, { user: null, item: null }, [])), [[0, 0]])
  assert.deepEqual(middles(rings(begins, { user: 3, item: null }, [])), [[0, 1]])
  assert.deepEqual(rings({ ...begins, rows: [] }, { user: null, item: null }, []), [])
})

test("selected points are ringed where they lie; an index of a user is none of an item", () => {
  assert.deepEqual(anchors(rings(map, { user: 2, item: 2 }, traces)), [[2, 4], [5, 7]])
  assert.deepEqual(anchors(rings(map, { user: 8, item: null }, traces)), [])
  assert.deepEqual(rings(map, { user: null, item: 8 }, traces), [], "it lies nowhere yet")
  assert.deepEqual(rings({ ...map, ring: null }, { user: 2, item: 2 }, traces), [])
  assert.deepEqual(rings(null, { user: 2, item: 2 }, traces), [])
})

test("a click on a cell selects its user and its item, one beside the matrix nobody", () => {
  const at = (/** @type {number | null} */ row, /** @type {number | null} */ column) =>
    clicked(matrix, { curve: 0, point: null, row, column })
  assert.deepEqual(at(1, 2), { user: 3, item: 1 })
  assert.deepEqual([at(2, 0), at(0, 3), at(null, null)], [null, null, null])
})

test("a click on a point selects one side, one on another curve nobody", () => {
  const at = (/** @type {number} */ curve, /** @type {number | null} */ point) =>
    clicked(map, { curve, point, row: null, column: null })
  assert.deepEqual(at(0, 1), { user: 2 })
  assert.deepEqual(at(2, 0), { item: 2 })
  assert.deepEqual([at(1, 0), at(0, 2), at(0, null)], [null, null, null])
  assert.equal(clicked(null, { curve: 0, point: 0, row: null, column: null }), null)
})
