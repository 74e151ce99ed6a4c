// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { picture, wrapped } from "../../pages/shared/chart/js/picture.js"

const tenEach = (/** @type {string} */ text) => 10 * text.length

test("a text is broken between words, where the next one would be too much", () => {
  assert.deepEqual(wrapped("aa bb cc dddddd e", 50, tenEach), ["aa bb", "cc", "dddddd", "e"])
  assert.deepEqual(wrapped("", 50, tenEach), [])
})

/** @type {any} */
const plot = {
  data: [{ x: [1] }],
  layout: { annotations: [{ text: "a name" }], margin: { t: 50, b: 8 } },
  _fullLayout: { width: 120, height: 200, _size: { l: 30, r: 5, t: 40, b: 20 } },
}

test("a picture keeps the chart as it stands, on paper, and says below how to read it", () => {
  const { figure, width, height } = picture(plot, "one two three", "#FFF", tenEach)
  assert.deepEqual([width, height], [120, 246], "two lines more, and a gap")
  assert.deepEqual(figure.data, plot.data)
  assert.equal(figure.layout.paper_bgcolor, "#FFF")
  assert.deepEqual(figure.layout.margin, { t: 50, b: 66 })
  assert.equal(figure.layout.font.family, "Arial, sans-serif", "which is there for a picture")
  const [name, note] = figure.layout.annotations
  assert.equal(name.text, "a name")
  assert.equal(note.text, "one two<br>three")
  assert.deepEqual([note.yshift, note.yanchor, note.xshift], [-20, "top", -20], "below the axis")
})

test("without a note there is no room for one", () => {
  const { figure, height } = picture(plot, "", "#FFF", tenEach)
  assert.equal(height, 200)
  assert.equal(figure.layout.annotations.length, 1)
})
