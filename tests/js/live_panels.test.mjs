// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { pass } from "./window.mjs"
import { looking, packed, tick, trainedTo } from "./news.mjs"
import { panelOf } from "../../pages/shared/chart/js/live_panels.js"
import * as store from "../../pages/shared/chart/js/store.js"

/** @import { CurvesLive, LatentLive, MatrixLive, RaceLive } from "../../pages/shared/chart/js/types.js" */
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
  curves: [[2, "a", "train", 0], [3, "a", "validation", 0], [4, "unknown", "train", 0]],
  best: 5, ring: 6,
  beginning: 0.1, size: 1,
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

// --- races ----------------------------------------------------------------------------------------

/** @type {RaceLive} */
const race = {
  panel: "race", count: "epochs", last: 60, log: false, log_y: false, baselines: [[0, "Bias"]],
  lanes: [{ trace: 1, star: 2, stream: "a", touched: 100, single: false }],
}

test("race: the same errors over epochs, seconds or ratings; a logarithm has no place for 0", () => {
  const took = [0, 0.5, 0.25, 1]
  page(trainedTo(3, { validation, took, best: 2, baselines }), 1)
  const epochs = byTrace(panelOf(race, []))
  assert.deepEqual([epochs[1].x, epochs[1].y], [[0, 1, 2, 3], validation])
  assert.deepEqual([epochs[2].x, epochs[2].y], [[2], [5]], "the star at the lowest")
  assert.deepEqual([epochs[0].x, epochs[0].y], [[0, 60], [2, 2]], "to the last epoch planned")
  const seconds = byTrace(panelOf({ ...race, count: "seconds" }, []))
  assert.deepEqual([seconds[1].x, seconds[0].x], [[0, 0.5, 0.75, 1.75], [0, 1.75]])
  const touched = byTrace(panelOf({ ...race, count: "touched", log: true }, []))
  assert.deepEqual([touched[1].x, touched[1].y], [[100, 200, 300], [6, 5, 7]])
  assert.deepEqual([touched[2].x, touched[0].x], [[200], [100, 300]])
})

test("race: a run in one pass is a point, and a line from there on", () => {
  page(trainedTo(1, { validation: [8, 6], took: [0, 2], single: true, baselines }), 1)
  const alone = [{ ...race.lanes[0], single: true }]
  const at = byTrace(panelOf({ ...race, lanes: alone }, []))
  assert.deepEqual([at[1].x, at[1].y, at[2].x], [[1, 60], [6, 6], []])
})

test("curves: a fork is drawn from where it left the other", () => {
  page(trainedTo(3, { validation, best: 2, baselines }), 1)
  const at = byTrace(panelOf({ ...curves, curves: [[3, "a", "validation", 2]] }, []))
  assert.deepEqual([at[3].x, at[3].y], [[2, 3], [5, 7]])
})

test("curves: normalized errors are all divided by the same size", () => {
  page(trainedTo(3, { validation, best: 2, baselines }), 1)
  const at = byTrace(panelOf({ ...curves, size: 2 }, []))
  assert.deepEqual(at[3].y, [4, 3, 2.5, 3.5])
  assert.deepEqual([at[0].y, at[1].y], [[2, 2], [1, 1]])
  assert.deepEqual([at[5].y, at[6].y], [[2.5], [3]])
})

test("curves: what is far higher than all that follows does not press the rest together", () => {
  const top = (/** @type {Partial<CurvesLive>} */ live = {}) =>
    panelOf({ ...curves, ...live }, []).at()?.layout["yaxis.autorangeoptions.clipmax"]
  const over = (/** @type {number} */ high, low = 0) => high + 0.09 * (high - low)
  page(trainedTo(3, { validation: [80, 6, 5, 7], best: 2, baselines }), 1)
  assert.equal(top(), over(7, 1 / 4), "epoch 0 of 3 is the beginning")
  page(trainedTo(3, { validation: [80, 2, 1, 1], best: 2, baselines }), 1)
  assert.equal(top(), over(4, 1 / 4), "the grey lines are all there")
  page(trainedTo(0, { validation: [80], baselines, n_epochs: 30 }), 0)
  assert.equal(top(), over(80, 1), "while there is nothing else")
  assert.equal(top({ series: "loss" }), undefined, "an objective falls from where it falls")
  assert.equal(top({ beginning: 0 }), undefined)
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
    columns: ["Xenia", "Yves"], low: 1, high: 5, framed: false, roomy: null,
    colours: { paper: "", mark: "" },
    outline: { color: "", width: 1, half: 0.4 },
    ring: { color: "", width: 3 },
    held: /** @type {MatrixLive["held"]} */ ([[1, 0, "kept for validation"]]),
    words: { "4": "liked it" },
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
  assert.ok(byTrace(panel)[1].hovertemplate.includes("predicted"))
  page(trainedTo(4, { frames }), 1, { main: "m" })
  assert.ok(Math.abs(byTrace(panel)[1].z[0][0] - 2) < 1e-4, "a quarter of the way from 1 to 5")
})

test("matrix: what is known of a cell is said, and cells are small in wide empty ones", () => {
  const [live, traces] = matrix()
  panelOf(live, traces)
  assert.deepEqual(traces[1].hovertext, [
    ["Ann, Xenia<br>rated 4 (liked it)", "Ann, Yves<br>unrated"],
    ["Ben, Xenia<br>kept for validation", "Ben, Yves<br>rated 2.5"],
  ])
  assert.deepEqual([traces[0].x, traces[0].y], [[-0.1, 0.1, 0.9, 1.1], [-0.2, 0.2, 0.8, 1.2]])
  assert.deepEqual(traces[0].z, [[1, null, null], [null, null, null], [null, null, 1]])
})

test("matrix: where cells are large enough, what is rated and what is predicted stand in them", () => {
  const [live, traces] = matrix()
  traces.push({ visible: false, x: [0], y: [0] }, { textfont: { size: 12 } })
  /** @type {MatrixLive} */
  const numbered = {
    ...live,
    roomy: {
      cell: [20, 30], around: [60, 100], shrunk: { 0: [0.4, 0.25] }, up: 0.25, down: 0.25,
      known: 3, predicted: 4, digits: 1, inks: ["pale", "deep", 0.55],
    },
  }
  const frames = [{ epoch: 4, matrix: packed(65534, 0, 65535, 32767) }]
  page(trainedTo(4, { frames }), 4, { main: "m" })
  const panel = panelOf(numbered, structuredClone(traces), { width: 100, height: 160 })
  assert.equal(panel.resized?.({ width: 99, height: 160 }), true, "19.5 pixels are too few")
  assert.equal(panel.resized?.({ width: 300, height: 160 }), false)
  const { x, y, text, textfont } = byTrace(panel)[4]
  assert.deepEqual([x, y], [[0, 1, 1], [0.25, 0, 1.25]], "a gap's number stands in the middle")
  assert.deepEqual([text, textfont], [["5.0", "1.0", "3.0"], { size: 12, color: ["deep", "pale", "pale"] }])
  const drawn = structuredClone(traces)
  panelOf(numbered, drawn, { width: 100, height: 160 })
  assert.deepEqual([drawn[3].visible, drawn[4].visible], [true, true])
  assert.deepEqual(drawn[0].y, [-0.5, 0, 0.5, 1], "the square stands higher")
  const small = structuredClone(traces)
  panelOf(numbered, small, { width: 90, height: 160 })
  assert.deepEqual([small[3].visible, small[0].y[0]], [false, -0.2])
})

// --- the latent space -----------------------------------------------------------------------------

/** @type {LatentLive} */
const latent = {
  panel: "latent",
  ring: { symbol: "circle-open", size: 18, color: "", line: { width: 2.5 } },
  names: [["Ann"], ["Xenia", "Yves"]], name: { name: "point" },
  groups: [
    { trace: 0, side: "user", ids: [3], points: [0, 1] },
    { trace: 2, side: "item", ids: [8, 9], points: [1, 3] },
  ],
}
const map = { reach: 3, main: { id: "main" }, second: { id: "second" } }
const [one, half] = [32767, 16384]
const moves = [
  { epoch: 0, matrix: "", latent: packed(one, 0, 0, one, 0, 0), reach: 2 }, // spread 0 is left out
  { epoch: 2, matrix: "", latent: packed(-one, 0, 0, one, half, 0), reach: 4, spread: 4 },
]

test("latent space: points are shares of what their frame reaches, and move in between", () => {
  page(trainedTo(2, { map, frames: moves }), 1, { main: "l" })
  const panel = panelOf(latent, [])
  const at = byTrace(panel)
  assert.deepEqual([at[0].x, at[0].y], [[-1], [0]])
  assert.deepEqual(at[2].y, [3, 0])
  const { annotations } = panel.at()?.layout ?? {}
  assert.deepEqual(annotations[0], { name: "point", text: "Ann", x: -1, y: 0 })
  assert.deepEqual(annotations.map((/** @type {any} */ { text }) => text), ["Ann", "Xenia", "Yves"])
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
