// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import "./window.mjs"
import { ManyPoints, thinned, whole } from "../../pages/shared/chart/js/many_points.js"

/** @type {(n: number) => any} */
const points = (n) => ({
  type: "scatter", mode: "markers", marker: {}, customdata: Array.from({ length: n }, (_, i) => i),
  hovertext: Array(n).fill("a name"),
})

test("of a map of many points Plotly draws one a trace, of all others what it did", () => {
  /** @type {any[]} */
  const data = [points(1000), points(700), { type: "scatter", mode: "lines", x: [1] }]
  assert.deepEqual(thinned(data), [0, 1])
  assert.deepEqual(data.map(({ marker }) => marker?.maxdisplayed), [1, 1, undefined])
  const few = [points(1000), points(400)]
  assert.deepEqual([thinned(few), few[0].marker], [[], {}])
  const packed = { dtype: "i2", bdata: "A".repeat(8000) }
  assert.deepEqual(thinned([{ ...points(3000), customdata: packed }]), [0])
})

test("a picture to be kept has all of them", () => {
  const [trace] = [points(2000)]
  thinned([trace])
  assert.equal(whole(trace).marker.maxdisplayed, 0)
  assert.equal(trace.marker.maxdisplayed, 1, "what is drawn stays as it is")
})

test("they are painted where the axes are, in a drag where its event says", () => {
  /** @type {any[]} */
  const drawn = []
  const ctx = /** @type {any} */ ({ drawImage: (/** @type {any[]} */ ...given) => drawn.push(given) })
  const stub = /** @type {any} */ (
    new Proxy({}, { get: (_, name) => (name === "canvas" ? {} : () => {}), set: () => true })
  )
  const kept = document.createElement
  document.createElement = /** @type {any} */ (() => ({ getContext: () => stub }))
  const marker = { symbol: "circle", size: 4, opacity: 0.5, color: "red" }
  const axis = (/** @type {number} */ _offset) => ({ range: [0, 10], _offset, _length: 100 })
  const plot = /** @type {any} */ ({
    _fullLayout: { xaxis: axis(20), yaxis: axis(5) },
    _fullData: [
      { visible: true, x: [1, 2], y: [0, 10], marker },
      { visible: "legendonly", x: [1], y: [1], marker },
      { visible: true, x: [3, 4], y: [5, 5], marker: {
        ...marker, color: [1, NaN], cmin: 0, cmax: 1, colorscale: [[0, "#000000"], [1, "#ffffff"]],
      } },
    ],
  })
  const many = new ManyPoints(plot)
  document.createElement = /** @type {any} */ (() => ({ getContext: () => stub }))
  many.canvas = /** @type {any} */ ({ begin: () => ({ ctx }), end() {}, clear() {} })
  many.show([0, 1, 2])
  const half = 4
  const places = () => drawn.map(([, left, top]) => [left + half, top + half])
  assert.deepEqual(places(), [[30, 105], [40, 5], [50, 55]], "hidden ones and unknown values aside")
  drawn.length = 0
  many.paint({ "xaxis.range[0]": 1, "xaxis.range[1]": 11 })
  assert.deepEqual(places()[0], [20, 105])
  document.createElement = kept
})
