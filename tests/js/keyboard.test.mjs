// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { FakeElement, pass } from "./window.mjs"
import { looking } from "./news.mjs"
import { Keyboard, next, spots } from "../../pages/shared/chart/js/keyboard.js"
import * as store from "../../pages/shared/chart/js/store.js"

/** Where Plotly was asked to hover. @type {any[]} */
const hovered = []
/** @type {any} */
const Plotly = {
  Fx: {
    hover: (/** @type {any} */ _, /** @type {any} */ [where]) => hovered.push(where),
    unhover: () => hovered.push(null),
  },
}
window.Plotly = Plotly

/** Ten pixels to one, from the left; upwards or downwards. @type {(down?: boolean) => any} */
const axis = (down = false) => ({
  _offset: 100, _length: 100, l2p: (/** @type {number} */ v) => (down ? 10 * v : 100 - 10 * v),
})
const across = { ...axis(true), _offset: 0 }

/** A plot of some traces. @type {(traces: object[], yaxis?: any) => any} */
function drawn(traces, yaxis = axis(true)) {
  return Object.assign(new FakeElement(), {
    _fullData: traces, _fullLayout: { xaxis: across, yaxis }, matches: () => true,
  })
}

/** @type {any} */
const cells = { rows: [4, 7], columns: [1, 2, 3], ring: { color: "#000", width: 3 }, begin: false }
const matrix = () => drawn([{ type: "heatmap", hoverinfo: "skip" }, { type: "heatmap" }])

/** @type {any} */
const points = { points: [{ trace: 0, side: "user", ids: [5, 6] }, { trace: 1, side: "item", ids: [9] }], ring: null }
// From left to right: item 9, user 6, user 5; from the top: user 6, user 5, item 9.
const map = (/** @type {any[]} */ kind = ["scatter", "scatter"]) =>
  drawn([
    { type: kind[0], visible: true, x: [8, 4], y: [5, 9] },
    { type: kind[1], visible: true, x: [1], y: [2] },
  ], axis())

/** A keyboard over a plot, and what it chose. @type {(plot: any, marks: any) => any} */
function over(plot, marks) {
  hovered.length = 0
  /** @type {any[]} */
  const chosen = []
  const keyboard = new Keyboard(plot, (click) => chosen.push(click))
  keyboard.update(marks)
  const press = (/** @type {string[]} */ ...keys) => {
    for (const key of keys) {
      plot.onkeydown({ key, target: plot, preventDefault() {} })
    }
  }
  return { press, chosen, keyboard }
}

test("in a matrix the arrows go from cell to cell and stop at its edges", () => {
  store.see(looking({ user: 7, item: 2 }))
  const plot = matrix()
  const { press, chosen } = over(plot, cells)
  plot.onfocus()
  assert.deepEqual(hovered.at(-1), { curveNumber: 1, xval: 1, yval: 1 }, "begins at what is selected")
  press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp", "Enter")
  const { row, column, curve } = chosen[0]
  assert.deepEqual([row, column, curve], [0, 2, 1])
  press("Home", "ArrowDown", "ArrowDown", " ", "End", "Enter")
  const [, first, second] = chosen
  assert.deepEqual([first.row, first.column, second.row, second.column], [1, 0, 1, 2])
  press("Escape")
  assert.equal(hovered.at(-1), null)
})

test("on a map each point is reached, by its place along one direction", () => {
  store.see(looking({ user: null, item: null }))
  const plot = map()
  const reached = spots(points, plot)
  const at = (/** @type {any} */ spot) => points.points[spot.curve].ids[spot.point]
  const walk = (/** @type {string} */ key, /** @type {any} */ from) => {
    const way = [from]
    while (next(reached, way.at(-1), key, false) !== way.at(-1)) {
      way.push(next(reached, way.at(-1), key, false))
    }
    return way.map(at)
  }
  const [user5, user6, item9] = reached
  assert.deepEqual([user5, user6, item9].map(at), [5, 6, 9])
  assert.deepEqual(walk("ArrowRight", item9), [9, 6, 5])
  assert.deepEqual(walk("ArrowLeft", user5), [5, 6, 9])
  assert.deepEqual(walk("ArrowDown", user6), [6, 5, 9])
  assert.deepEqual(walk("ArrowUp", item9), [9, 5, 6])
  assert.deepEqual(walk("End", item9), [9, 5])
})

test("WebGL points are hovered by their place, others by their number", () => {
  for (const [kind, where] of /** @type {[string, object][]} */ ([
    ["scatter", { curveNumber: 0, pointNumber: 0 }],
    ["scattergl", { curveNumber: 0, xval: 8, yval: 5 }],
  ])) {
    store.see(looking({ session: kind, user: 5, item: null }))
    const plot = map([kind, kind])
    over(plot, points)
    plot.onfocus()
    assert.deepEqual(hovered.at(-1), where)
  }
})

test("what is zoomed out of or hidden is not reached, and nothing without marks", () => {
  const plot = map()
  plot._fullData[0].x = [80, 4] // far to the right
  plot._fullData[1].visible = "legendonly"
  assert.deepEqual(spots(points, plot).map(({ point }) => point), [1])
  const bare = matrix()
  const { press, chosen } = over(bare, null)
  press("ArrowRight", "Enter")
  assert.deepEqual([chosen, hovered, bare.attributes.role, bare.tabIndex], [[], [], "figure", undefined])
})

test("a chart says how it is used; keys of its buttons, and with Ctrl, are not its own", () => {
  const plot = matrix()
  const { chosen } = over(plot, cells)
  assert.deepEqual([plot.tabIndex, plot.attributes.role], [0, "application"])
  assert.match(plot.attributes["aria-description"], /Arrow keys/)
  const prevented = () => assert.fail("the key is the browser's")
  plot.onkeydown({ key: "Enter", target: new FakeElement(), preventDefault: prevented })
  plot.onkeydown({ key: "ArrowLeft", target: plot, ctrlKey: true, preventDefault: prevented })
  plot.onkeydown({ key: "Tab", target: plot, preventDefault: prevented })
  pass(500)
  assert.deepEqual(chosen, [])
})
