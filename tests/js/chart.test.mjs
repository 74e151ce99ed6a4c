// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { FakeElement, pass, settle, warnings } from "./window.mjs"
import { looking } from "./news.mjs"
import { remove, render } from "../../pages/shared/chart/js/chart.js"
import * as overlay from "../../pages/shared/chart/js/overlay.js"
import * as store from "../../pages/shared/chart/js/store.js"
import { templates } from "../../pages/shared/chart/js/templates.js"

/** What Plotly was asked for: [what, data, layout]. @type {any[][]} */
const asked = []
/** @type {any} */
const Plotly = {
  async react(/** @type {any} */ div, /** @type {any} */ data, /** @type {any} */ layout) {
    asked.push(["react", data, layout])
    if (data[0].broken) throw new Error("no such trace")
    div._fullData = data
    div.on = (/** @type {string} */ name, /** @type {any} */ listener) => {
      if (name === "plotly_click") div.click = listener
    }
  },
  async relayout(/** @type {any} */ _, /** @type {any} */ layout) {
    asked.push(["relayout", layout])
  },
  purge: () => asked.push(["purge"]),
}
window.Plotly = Plotly

let charts = 0

const points = { x: [1, 2], y: [3, 4], marker: {} }
/** The chart that was drawn last. @type {any} */
let last = null

/** A chart of two points, on which users can be selected, as a page draws it. */
/** @param {{ traces?: object[], locked?: string[] }} given */
async function drawn({ traces = [points], locked = [] } = {}) {
  if (last) remove(last)
  const name = `chart ${++charts}`
  store.see(looking({ session: name, user: null, locked }))
  const parent = new FakeElement()
  /** @type {any} */
  const component = {
    parentElement: parent,
    data: {
      name, alt: "two points", height: 222, live: null, part: "map", plotly: "/plotly.js",
      figure: JSON.stringify({ data: traces, layout: {}, theme: "dark" }),
      marks: { points: [{ trace: 0, side: "user", ids: [7, 5] }], ring: { symbol: "circle-open", size: 18, color: "#123456", line: { width: 2.5 } } },
    },
  }
  asked.length = 0
  last = component
  render(component)
  await settle()
  await settle()
  return { component, parent, div: /** @type {any} */ (parent.children[0]) }
}

/** Plotly's calls since the last look. */
const calls = () => asked.splice(0)

test("a chart is drawn once, and again where its picture is another one", async () => {
  const { component, parent, div } = await drawn()
  const [[what, , layout], ...rest] = calls()
  assert.deepEqual([what, layout.template, layout.height], ["react", templates.dark, 222])
  assert.deepEqual(rest, [["relayout", { shapes: [] }]])
  const { "aria-label": alt, "aria-busy": busy } = div.attributes
  assert.deepEqual([alt, busy], ["two points", undefined])
  render({ ...component, data: { ...component.data, alt: "the same" } })
  await settle()
  assert.deepEqual([calls(), div.attributes["aria-label"]], [[], "the same"])
  render({ ...component, data: { ...component.data, height: 300 } })
  await settle()
  assert.equal(calls()[0][2].height, 300)
  assert.equal(parent.children.length, 1, "in the same element")
  remove(component)
  last = null
  assert.deepEqual(calls(), [["purge"]])
})

test("what lies over a chart is drawn with it, and is gone with its component", async () => {
  const { component } = await drawn()
  calls()
  const figure = JSON.stringify({
    data: [{ x: [9] }], layout: { annotations: [{ text: "here" }] }, opacity: 0.25,
  })
  /** @type {any} */
  const over = { parentElement: new FakeElement(), data: { of: component.data.name, figure } }
  overlay.render(over)
  await settle()
  const [[, data, layout]] = calls()
  assert.deepEqual(data.map((/** @type {any} */ { x }) => x), [[1, 2], [9]])
  assert.deepEqual([data[0].marker.opacity, layout.annotations], [0.25, [{ text: "here" }]])
  overlay.render(over)
  await settle()
  assert.deepEqual(calls(), [], "the same again is nothing new")
  overlay.remove(over)
  await settle()
  assert.equal(calls()[0][1].length, 1)
  overlay.remove({ ...over, parentElement: new FakeElement() }) // one that lay nowhere
  await settle()
  assert.deepEqual(calls(), [])
})

test("who is selected is ringed, and a click selects unless the part is locked", async () => {
  for (const locked of [[], ["map"]]) {
    const { div } = await drawn({ locked })
    calls()
    div.click({ points: [{ curveNumber: 0, pointNumber: 1 }] })
    assert.equal(store.view.user, locked.length ? null : 5)
    pass(100)
    await settle()
    const rings = calls().map(([what, { shapes }]) => [what, shapes[0].xanchor, shapes[0].yanchor])
    assert.deepEqual(rings, locked.length ? [] : [["relayout", 2, 4]])
  }
})

test("a chart that cannot be drawn says so, and the next picture is drawn", async () => {
  const { component, div } = await drawn({ traces: [{ broken: true }] })
  assert.equal(div.textContent, "The chart could not be drawn. Reload the page.")
  assert.equal(String(warnings.at(-1)), "Error: no such trace")
  calls()
  const figure = JSON.stringify({ data: [{ x: [1], y: [2] }], layout: {}, theme: "light" })
  render({ ...component, data: { ...component.data, figure } })
  await settle()
  assert.equal(calls()[0][2].template, templates.light)
})
