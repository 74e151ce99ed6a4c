// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { pass } from "./window.mjs"
import { looking, packed, tick, trainedTo } from "./news.mjs"
import { panelOf } from "../../pages/shared/chart/js/live_panels.js"
import * as store from "../../pages/shared/chart/js/store.js"

/** @import { CurvesLive, LatentLive, MatrixLive } from "../../pages/shared/chart/js/types.js" */
/** @import { Seen } from "../../pages/shared/chart/js/types.js" */

let pages = 0

/** A page that rests at an epoch of a run. */
/** @type {(run: ReturnType<typeof trainedTo>, moment: number, fields?: Partial<Seen>) => void} */
function page(run, moment, fields = {}) {
  store.take(tick({ [fields.main ?? "a"]: run }))
  store.see(looking({ session: `page ${++pages}`, status: run.status, moment, ...fields }))
  pass(3000)
}

/** What a panel hands to Plotly, by trace. @param {ReturnType<typeof panelOf>} panel */
function byTrace(panel) {
  const { traces = [], data = {} } = panel.at() ?? {}
  const of = (/** @type {number} */ i) =>
    Object.fromEntries(Object.entries(data).map(([name, values]) => [name, values[i]]))
  return Object.fromEntries(traces.map((trace, i) => [trace, of(i)]))
}

// --- curves ---------------------------------------------------------------------------------------

/** @type {CurvesLive} */
const curves = {
  panel: "curves", series: "validation", last: 60, baselines: [[0, "Global mean"], [1, "Bias"]],
  curves: [[2, "a", "train"], [3, "a", "validation"], [4, "unknown", "train"]], best: 5, ring: 6,
}
const validation = [8, 6, 5, 7]
const baselines = [
  { name: "Bias", train: 1, validation: 2 }, { name: "Global mean", train: 3, validation: 4 },
]

test("curves: the numbers of each run, the grey lines, the star at the best, the ring", () => {
  page(trainedTo(3, { validation, best: 2, baselines }), 1)
  const at = byTrace(panelOf(curves, []))
  assert.deepEqual(at[2].y, [1, 1 / 2, 1 / 3, 1 / 4])
  assert.deepEqual([at[3].x, at[3].y], [[0, 1, 2, 3], validation])
  assert.equal(at[4], undefined, "of a run of which nothing is known there is no curve")
  assert.deepEqual([at[0].y, at[0].x[1], at[0].textposition], [[4, 4], 60, "top left"])
  assert.deepEqual([at[1].y, at[1].textposition], [[2, 2], "bottom left"], "the lowest")
  assert.deepEqual([at[5].x, at[5].y, at[6].x, at[6].y], [[2], [5], [1], [6]])
})

test("curves: there is no star before a run is finished, nor while it plays", () => {
  const frames = [{ epoch: 3, matrix: "" }]
  const star = () => byTrace(panelOf(curves, []))[5]
  page(trainedTo(3, { validation, best: 2, status: "training", frames }), 1)
  assert.deepEqual([star().x, star().y], [[], []])
  page(trainedTo(3, { validation, best: 2, frames }), 0, { playing: true, speed: 0.1 })
  assert.deepEqual([star().x, star().y], [[], []])
})

test("curves: between two epochs the ring lies on the line between them", () => {
  const frames = [{ epoch: 3, matrix: "" }]
  page(trainedTo(3, { validation, best: 2, frames }), 0, { playing: true, speed: 0.5 })
  const [{ x: [epoch], y: [error] }, shown] = [byTrace(panelOf(curves, []))[6], store.position()]
  assert.ok(1 < shown && shown < 2, `${shown}`)
  assert.deepEqual([epoch, error], [shown, 6 + (5 - 6) * (shown - 1)])
})

// --- the matrix -----------------------------------------------------------------------------------

const floats = (/** @type {number[]} */ ...values) => ({
  dtype: "f4", shape: "2, 2",
  bdata: btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(values).buffer))),
})
const bytes = { dtype: "u1", shape: "2, 2", bdata: btoa("\u0001\u0000\u0000\u0001") }

/** @returns {[MatrixLive, Record<string, any>[]]} */
function matrix() {
  const live = {
    panel: /** @type {const} */ ("matrix"), trace: 1, known: 2, users: [4, 5], items: [6, 7],
    shrunk: { 0: /** @type {[number, number]} */ ([0.1, 0.2]) }, rows: ["Ann", "Ben"],
    columns: ["Xenia", "Yves"], low: 1, high: 5, framed: false,
    colours: { paper: "", mark: "" },
    outline: { color: "", width: 1, half: 0.4 },
    ring: { color: "", width: 3 },
    held: /** @type {MatrixLive["held"]} */ ([[1, 0, "kept for validation"]]),
  }
  const colorscale = [[0, "#000000"], [1, "#ffffff"]]
  return [live, [{ z: bytes }, { colorscale }, { z: floats(4, NaN, NaN, 2.5) }]]
}

test("matrix: levels are predictions on the scale; between frames they are between them", () => {
  const panel = panelOf(...matrix())
  const frames = [
    { epoch: 0, matrix: packed(0, 65534, 32767, 65535) },
    { epoch: 4, matrix: packed(65534, 65534, 32767, 0) },
  ]
  page(trainedTo(4, { frames }), 4, { main: "m" })
  assert.deepEqual(byTrace(panel)[1].z, [[5, 5], [3, 1]])
  page(trainedTo(4, { frames }), 0, { main: "m" })
  assert.deepEqual(byTrace(panel)[1].z, [[1, 5], [3, null]], "one is not predicted yet")
  assert.equal(byTrace(panel)[1].hovertemplate.includes("predicted"), false)
  page(trainedTo(4, { frames }), 1, { main: "m" })
  assert.ok(Math.abs(byTrace(panel)[1].z[0][0] - 2) < 1e-4, "a quarter of the way from 1 to 5")
})

test("matrix: what is known of a cell is said, and cells are small in wide empty ones", () => {
  const [live, traces] = matrix()
  panelOf(live, traces)
  assert.deepEqual(traces[1].hovertext, [
    ["Ann, Xenia<br>rated 4", "Ann, Yves<br>unrated"],
    ["Ben, Xenia<br>kept for validation", "Ben, Yves<br>rated 2.5"],
  ])
  assert.deepEqual([traces[0].x, traces[0].y], [[-0.1, 0.1, 0.9, 1.1], [-0.2, 0.2, 0.8, 1.2]])
  assert.deepEqual(traces[0].z, [[1, null, null], [null, null, null], [null, null, 1]])
})

// --- the latent space -----------------------------------------------------------------------------

/** @type {LatentLive} */
const latent = {
  panel: "latent",
  ring: { symbol: "circle-open", size: 18, color: "", line: { width: 2.5 } },
  groups: [
    { trace: 0, side: "user", ids: [3], names: [], points: [0, 1] },
    { trace: 2, side: "item", ids: [8, 9], names: [], points: [1, 3] },
  ],
}
const beside = ["top left", "top right", "middle left"]
const map = { reach: 3, main: "main", second: "second", beside }
const [one, half] = [32767, 16384]
const moves = [
  { epoch: 0, matrix: "", latent: packed(one, 0, 0, one, 0, 0), reach: 2 }, // spread 0 is left out
  { epoch: 2, matrix: "", latent: packed(-one, 0, 0, one, half, 0), reach: 4, spread: 4 },
]

test("latent space: points are shares of what their frame reaches, and move in between", () => {
  page(trainedTo(2, { map, frames: moves }), 1, { main: "l" })
  const at = byTrace(panelOf(latent, []))
  assert.deepEqual([at[0].x, at[0].y, at[0].textposition], [[-1], [0], ["top left"]])
  assert.deepEqual([at[2].y, at[2].textposition], [[3, 0], ["top right", "middle left"]])
  assert.ok(Math.abs(at[2].x[1] - 1) < 1e-3)
})

test("latent space: the picture grows with room where points go beyond it, and stays wide", () => {
  const panel = panelOf(latent, [])
  page(trainedTo(2, { map, frames: moves }), 0, { main: "l" })
  assert.equal(panel.outgrown?.(), true, "nothing is drawn yet")
  assert.deepEqual(panel.at()?.layout["xaxis.range"], [-5, 5], "1.25 × the spread ahead")
  assert.equal(panel.outgrown?.(), false)
  page(trainedTo(2, { map: { ...map, reach: 6 }, frames: moves }), 0, { main: "l" })
  assert.equal(panel.outgrown?.(), true)
  assert.deepEqual(panel.at()?.layout["yaxis.range"], [-6, 6])
})

test("latent space: without factors there is no picture", () => {
  store.take(tick({ flat: trainedTo(2, { frames: [{ epoch: 2, matrix: packed(1) }] }) }))
  store.see(looking({ session: `page ${++pages}`, main: "flat", moment: 2 }))
  const panel = panelOf(latent, [])
  assert.deepEqual([panel.sign(), panel.epoch(), panel.at()], [null, "", null])
  assert.equal(panel.outgrown?.(), false)
})
