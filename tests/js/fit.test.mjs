// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { fitted, wanted } from "../../pages/shared/chart/js/fit.js"

// In these tests a letter is 6.5 pixels wide: there is no canvas to measure it on.

/** A plot of so many rows and columns, in pixels. @param {number[]} size @param {any} figure */
function plot([width, height], [columns, rows] = [1, 1], figure = {}) {
  const axis = (/** @type {number} */ length, /** @type {number} */ n) => ({
    _offset: 0, _length: length, range: [-0.5, n - 0.5], l2p: (/** @type {number} */ v) => v,
  })
  return /** @type {any} */ ({
    ...figure,
    _fullLayout: {
      width, height, xaxis: axis(width, columns), yaxis: axis(height, rows), _size: { r: 8 },
    },
  })
}

const names = (/** @type {number} */ n, name = "a name") =>
  ({ tickvals: Array.from({ length: n }, (_, i) => i), ticktext: Array(n).fill(name) })

/** @param {any} layout @param {any[]} data */
const heatmap = (layout, data = [{ type: "heatmap" }]) => wanted(data, layout)

test("names of rows and columns are as many as there is room for", () => {
  const want = heatmap({ xaxis: { ...names(30), tickangle: -45 }, yaxis: names(40) })
  const { layout } = fitted(plot([300, 200], [30, 40]), want)
  assert.deepEqual(layout["yaxis.tickvals"], [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39])
  assert.equal(layout["yaxis.ticktext"].length, 14)
  assert.equal(layout["xaxis.tickvals"][1], 2, "17 pixels each where they are slanted")
  const large = fitted(plot([900, 800], [30, 40]), want).layout
  assert.equal(large["yaxis.tickvals"].length, 40)
  assert.equal(large["xaxis.tickvals"].length, 30)
  assert.equal(large["xaxis.tickangle"], -45)
})

test("names side by side are slanted where they would lie over each other", () => {
  const want = heatmap({ xaxis: { ...names(4, "Darth Vader"), tickangle: 0 } })
  assert.equal(fitted(plot([400, 100], [4, 4]), want).layout["xaxis.tickangle"], 0)
  const narrow = fitted(plot([240, 100], [4, 4]), want).layout
  assert.deepEqual([narrow["xaxis.tickangle"], narrow["xaxis.ticktext"].length], [-45, 4])
})

test("numbers are printed where the longest fits its cell", () => {
  const cells = { type: "heatmap", texttemplate: "%{text}", text: [["4", "<b>3.9</b>"]] } // 19.5
  const want = heatmap({}, [{ type: "scatter" }, cells])
  const { data, traces } = fitted(plot([42, 20], [2, 1]), want)
  assert.deepEqual([traces, data.texttemplate], [[1], ["%{text}"]])
  assert.deepEqual(fitted(plot([38, 20], [2, 1]), want).data.texttemplate, [""])
  assert.deepEqual(fitted(plot([42, 12], [2, 1]), want).data.texttemplate, [""])
})

test("names of points stand beside them, those there is no room for are left out", () => {
  const at = (/** @type {any} */ x, text = "name") => ({ name: "point", x, y: 50, text })
  const legend = { text: "how to read it", x: 0, y: 0 }
  const annotations = [legend, at(30), at(30), at(-90), at(30, "a name far too long for it all")]
  const data = [{ x: [30], y: [50], mode: "markers", visible: true }]
  const figure = { layout: { annotations }, _fullData: data }
  const { layout, leftOut } = fitted(plot([100, 100], [1, 1], figure), wanted([], {}))
  const [same, first, second, away, long] = layout.annotations
  assert.equal(same, legend, "what names no point stays as it is")
  assert.deepEqual([first.xanchor, first.yanchor, first.xshift], ["left", "middle", 8])
  assert.notDeepEqual([second.xanchor, second.yanchor], ["left", "middle"])
  assert.equal(away.visible, true, "Plotly leaves out what is not in view")
  assert.deepEqual([long.visible, leftOut], [false, 1])
})

test("of a chart that is not drawn yet nothing is asked", () => {
  assert.deepEqual(fitted(/** @type {any} */ ({}), wanted([], {})).layout, {})
})
