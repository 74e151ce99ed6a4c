// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { colours, line, marker, word } from "../../pages/shared/chart/js/canvas.js"
import { paintOver } from "../../pages/shared/chart/js/paint_over.js"

/** A pen that writes down what is drawn; its axes are twice the values, the second upwards. */
function pen() {
  /** @type {any[][]} */
  const drawn = []
  const note = (/** @type {string} */ name) => (/** @type {any[]} */ ...given) =>
    drawn.push([name, ...given])
  /** @type {any} */
  const ctx = { setLineDash: () => {}, beginPath: () => {}, closePath: () => {} }
  for (const name of ["lineTo", "moveTo", "arc", "stroke", "fill", "fillText", "fillRect"]) {
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

test("what lies over a chart is painted as Plotly draws it: lines, markers, names, bars", () => {
  const here = pen()
  paintOver(here, [
    { type: "scatter", mode: "lines+markers", x: [1, 2], y: [0, 1], line: { color: "red", width: 2 }, marker: { size: 6, color: "red" } },
    { type: "scatter", mode: "markers+text", x: [3], y: [1], text: ["Ann"], textposition: ["middle right"], marker: { size: 4, color: "blue" } },
    { type: "bar", x: [1, 2], y: [3, -1], marker: { color: "red" } },
    { type: "scatter", mode: "markers", x: [5], y: [1], marker: { symbol: "line-ew-open", size: 10, color: "grey", line: { width: 3 } } },
  ], "black")
  const exact = here.drawn.map(([name, ...at]) =>
    [name, ...at.map((each) => (typeof each === "number" ? Math.round(100 * each) / 100 + 0 : each))])
  assert.deepEqual(exact, [
    ["lineTo", 2, 0], ["lineTo", 4, -2], ["stroke"],
    ["arc", 2, 0, 3, 0, 6.28], ["fill"], ["arc", 4, -2, 3, 0, 6.28], ["fill"],
    ["arc", 6, -2, 2, 0, 6.28], ["fill"], ["fillText", "Ann", 14, -2],
    ["fillRect", 1.2, -6, 1.6, 6], ["fillRect", 3.2, 2, 1.6, -2], // from 0, 0.8 of a factor wide
    ["moveTo", 3, -2], ["lineTo", 17, -2], ["stroke"],
  ])
})
