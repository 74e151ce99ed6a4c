// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { colours, line, marker, word } from "../../pages/shared/chart/js/canvas.js"

/** A pen that writes down what is drawn; its axes are twice the values, the second upwards. */
function pen() {
  /** @type {any[][]} */
  const drawn = []
  const note = (/** @type {string} */ name) => (/** @type {any[]} */ ...given) =>
    drawn.push([name, ...given])
  /** @type {any} */
  const ctx = { setLineDash: () => {}, beginPath: () => {}, closePath: () => {} }
  for (const name of ["lineTo", "moveTo", "arc", "stroke", "fill", "fillText"]) {
    ctx[name] = note(name)
  }
  const x = (/** @type {number} */ value) => 2 * value
  return { ctx, drawn, font: "12px x", x, y: (/** @type {number} */ value) => -x(value) }
}

test("a colour scale is followed from stop to stop, and ends are not left", () => {
  const at = colours([[0, "#000000"], [0.5, "#ff0000"], [1, "#ffffff"]])
  assert.deepEqual([at(0), at(1), at(-3), at(9)],
    ["rgb(0,0,0)", "rgb(255,255,255)", "rgb(0,0,0)", "rgb(255,255,255)"])
  assert.deepEqual([at(51 / 255), at(204 / 255)], ["rgb(102,0,0)", "rgb(255,153,153)"])
})

test("lines and markers lie where the axes map them", () => {
  const here = pen()
  line(here, [[1, 2], [3, 4]], { color: "red", width: 2 })
  assert.deepEqual(here.drawn, [["lineTo", 2, -4], ["lineTo", 6, -8], ["stroke"]])
  here.drawn.length = 0
  marker(here, 1, 2, { symbol: "circle", size: 8, color: "red", opacity: 0.5 })
  assert.deepEqual(here.drawn, [["arc", 2, -4, 4, 0, 2 * Math.PI], ["fill"]])
  assert.equal(here.ctx.globalAlpha, 1, "what comes next is opaque again")
  here.drawn.length = 0
  marker(here, 1, 2, { symbol: "circle-open", size: 8, color: "red", line: { width: 3 } })
  assert.deepEqual([here.drawn[1], here.ctx.lineWidth], [["stroke"], 3])
  here.drawn.length = 0
  marker(here, 1, 1, { symbol: "diamond", size: 20, color: "red" })
  const corners = here.drawn.slice(0, 4).map(([, left, top]) => [left, top])
  assert.deepEqual(corners, [[2, -15], [15, -2], [2, 11], [-11, -2]], "1.3 × a circle's")
})

test("a name stands beside its point, on the side that Plotly would choose", () => {
  for (const [where, x, y, align, baseline] of [
    ["top left", -8, -6, "right", "bottom"], ["middle right", 8, 0, "left", "middle"],
    ["bottom center", 0, 6, "center", "top"],
  ]) {
    const here = pen()
    word(here, 0, 0, "Ann", String(where), "red")
    assert.deepEqual(here.drawn, [["fillText", "Ann", x, y]])
    assert.deepEqual([here.ctx.textAlign, here.ctx.textBaseline], [align, baseline])
  }
})
