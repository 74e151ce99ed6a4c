// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { enlarged, enlargeTo, heightOf, LEAST, listen, typeOf } from "../../pages/shared/chart/js/enlarge.js"

const figure = {
  title: { text: "A", font: { size: 14 }, pad: { t: 8, l: 2 } },
  margin: { l: 8, t: 38 },
  xaxis: { tickfont: { size: 12 }, title: { standoff: 6 }, range: [0, 12], tickvals: [1, 2] },
  annotations: [{ text: "B", x: 3, xshift: 8, font: { size: 4 } }],
  marker: { size: [3, 5], line: { width: 2 }, symbol: "circle" },
  line: { width: 1.5, dash: "dot" },
  x: [1, 2, null],
}

test("as usual nothing is changed, and nothing is copied", () => {
  assert.equal(enlarged(figure), figure)
  assert.equal(heightOf(350), 350)
})

test("while one presents, pixels are larger, values are not, and no letter is below the least", () => {
  enlargeTo(2, () => 800)
  const large = enlarged(figure)
  assert.deepEqual(large, {
    title: { text: "A", font: { size: 28 }, pad: { t: 16, l: 4 } },
    margin: { l: 16, t: 76 },
    xaxis: { tickfont: { size: 24 }, title: { standoff: 12 }, range: [0, 12], tickvals: [1, 2] },
    annotations: [{ text: "B", x: 3, xshift: 16, font: { size: LEAST } }],
    marker: { size: [6, 10], line: { width: 4 }, symbol: "circle" },
    line: { width: 3, dash: "dot" },
    x: [1, 2, null],
  })
  assert.equal(figure.margin.l, 8)
  assert.equal(heightOf(350), 800)
  enlargeTo(1.1, null)
  assert.equal(typeOf(12), LEAST)
  enlargeTo(1, null)
})

test("who listens hears of another scale, until no more", () => {
  let heard = 0
  const leave = listen(() => heard++)
  enlargeTo(2, null)
  leave()
  enlargeTo(1, null)
  assert.equal(heard, 1)
})
