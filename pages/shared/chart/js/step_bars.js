// @ts-check
// The bars of one rating's step and the same step in the latent plane, as SVG: numbers alone go into
// it, never text that people bring.

import { number } from "./number_format.js"
import { worded } from "./sentences.js"

/** @import { Found, Plane, StepTaken } from "./types.js" */

export const USER = "#1B8A7A"
export const ITEM = "#D9682B"

/**
 * One row of bars, one bar a factor.
 * @typedef {{ kind: "user" | "item" | "factor", label: string, values: number[],
 *   more?: number[], before?: number[], most: number }} Row
 * `more` is stacked on the values; `before` is where they were; `most` is the end of its scale.
 */

/** @type {(...lists: number[][]) => number} */
const most = (...lists) => Math.max(...lists.flat().map(Math.abs), 1e-9)

// The rows of a sub-step; `share`, 0 … 1, is how far the numbers have moved in the last one.
/** @type {(subStep: string, found: Found, step: StepTaken, share: number) => Row[]} */
export function rowsOf(subStep, found, step, share) {
  const { p, q } = found
  const end = most(p, q, step.pAfter, step.qAfter)
  const user = found.times === 1 ? "p" : "w"
  const own = { kind: /** @type {const} */ ("user"), label: worded("{symbol} of the user", { symbol: user }), most: end }
  const others = { kind: /** @type {const} */ ("item"), label: worded("q of the item"), most: end }
  /** @type {Row[]} */
  const both = [{ ...own, values: p }, { ...others, values: q }]
  if (subStep === "rating") return both
  if (subStep === "gradients") {
    const slopes = [step.ofUser, step.ofItem]
    const top = most(...slopes.map(({ error, penalty }) => error.map((v, f) => Math.abs(v) + Math.abs(penalty[f]))))
    return [
      ...both,
      { kind: "user", label: worded("∂{symbol}: error + penalty", { symbol: user }), values: slopes[0].error, more: slopes[0].penalty, most: top },
      { kind: "item", label: worded("∂{symbol}: error + penalty", { symbol: "q" }), values: slopes[1].error, more: slopes[1].penalty, most: top },
    ]
  }
  if (subStep === "after") {
    /** @type {(from: number[], to: number[]) => number[]} */
    const between = (from, to) => from.map((value, f) => value + share * (to[f] - value))
    /** @type {(from: number[], to: number[]) => number[]} */
    const change = (from, to) => from.map((value, f) => share * (to[f] - value))
    const top = most(p.map((v, f) => step.pAfter[f] - v), q.map((v, f) => step.qAfter[f] - v))
    return [
      { ...own, values: between(p, step.pAfter), before: p },
      { ...others, values: between(q, step.qAfter), before: q },
      { kind: "user", label: worded("change of {symbol}", { symbol: user }), values: change(p, step.pAfter), most: top },
      { kind: "item", label: worded("change of {symbol}", { symbol: "q" }), values: change(q, step.qAfter), most: top },
    ]
  }
  return [...both, { kind: "factor", label: worded("products"), values: step.products, most: most(step.products) }]
}

const LABEL = 21 // lines of type that the labels take
const ROW = 5.6 // of a row's height, in lines of type

// Pixels of the picture's height; the same at every sub-step, so that nothing below it jumps.
/** @param {number} type */
export function heightOfBars(type) {
  return Math.ceil(4 * ROW * type + 1.6 * type)
}

/** @type {(rows: Row[], width: number, type: number) => string} */
export function barsOf(rows, width, type) {
  const k = rows[0].values.length
  const left = Math.min(LABEL * type * 0.5, width * 0.3)
  const pitch = (width - left) / k
  const wide = Math.max(Math.min(pitch * 0.7, 4 * type), 1)
  const high = (4 * ROW * type) / Math.max(rows.length, 3) // of one row, in pixels
  const named = pitch >= 3.4 * type
  const parts = rows.map((row, at) => {
    const middle = (at + 0.5) * high
    const reach = ((high - 3 * type)) / 2 / row.most // pixels of 1
    const bars = row.values.map((value, f) => bar(row, f, value, left + pitch * (f + 0.5), wide, middle, reach))
    const numbers = named ? row.values.map((value, f) => {
      const total = value + (row.more?.[f] ?? 0)
      const y = middle + (total >= 0 ? -1 : 1) * Math.abs(total) * reach + (total >= 0 ? -0.3 : 1) * type
      return `<text x="${left + pitch * (f + 0.5)}" y="${y}" text-anchor="middle">${number(total)}</text>`
    }) : []
    return `<g class="fs-${row.kind}">${mark(row.kind, type * 0.6, middle, type * 0.42)}
      <text x="${type * 1.4}" y="${middle + type * 0.35}">${row.label}</text>
      <line class="fs-zero" x1="${left}" x2="${width}" y1="${middle}" y2="${middle}"/>
      ${bars.join("")}${numbers.join("")}</g>`
  })
  const every = Math.ceil((2.2 * type) / pitch) // of the factors, those with room for their number
  const bottom = 4 * ROW * type + type
  const factors = rows[0].values.map((_, f) =>
    f % every ? "" : `<text x="${left + pitch * (f + 0.5)}" y="${bottom}" text-anchor="middle">${f + 1}</text>`)
  return `${parts.join("")}<g class="fs-muted"><text x="${type * 1.4}" y="${bottom}">${worded("factor")}</text>${factors.join("")}</g>`
}

/** @type {(row: Row, f: number, value: number, x: number, wide: number, middle: number, reach: number) => string} */
function bar(row, f, value, x, wide, middle, reach) {
  /** @type {(from: number, to: number, kind: string) => string} */
  const box = (from, to, kind) => {
    const [a, b] = [middle - from * reach, middle - to * reach]
    return `<rect class="${kind}" x="${x - wide / 2}" width="${wide}" y="${Math.min(a, b)}" height="${Math.abs(a - b)}"/>`
  }
  const more = row.more?.[f] ?? 0
  // Parts of opposite signs lie on both sides of 0, those of one sign on each other.
  const second = more ? box(value * more > 0 ? value : 0, (value * more > 0 ? value : 0) + more, "fs-second") : ""
  const was = row.before?.[f]
  const line = was === undefined ? "" :
    `<line class="fs-was" x1="${x - wide * 0.65}" x2="${x + wide * 0.65}" y1="${middle - was * reach}" y2="${middle - was * reach}"/>`
  return box(0, value, "fs-first") + second + line
}

// A user is a circle, an item a diamond.
/** @type {(kind: string, x: number, y: number, r: number) => string} */
function mark(kind, x, y, r) {
  if (kind === "user") return `<circle class="fs-first" cx="${x}" cy="${y}" r="${r}"/>`
  if (kind === "factor") return `<rect class="fs-first" x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}"/>`
  return `<path class="fs-first" d="M${x} ${y - r * 1.3}L${x + r * 1.3} ${y}L${x} ${y + r * 1.3}L${x - r * 1.3} ${y}Z"/>`
}

// --- the latent plane -----------------------------------------------------------------------------

// How many times its length an arrow may be drawn, so that one sees where it leads.
const TIMES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

// Where factors lie in the plane.
/** @type {(plane: Plane, factors: number[]) => [x: number, y: number]} */
export function placed({ axes, centre }, factors) {
  /** @type {(axis: 0 | 1) => number} */
  const along = (axis) => factors.reduce((sum, value, f) => sum + value * axes[f][axis], 0) - centre[axis]
  return [along(0), along(1)]
}

// How many times its length both arrows are drawn: at most so that the longer takes a sixth of the
// plane.
/** @type {(plane: Plane, found: Found, step: StepTaken) => number} */
export function timesOf(plane, found, step) {
  /** @type {(from: number[], to: number[]) => number} */
  const long = (from, to) => {
    const [a, b] = [placed(plane, from), placed(plane, to)]
    return Math.hypot(b[0] - a[0], b[1] - a[1])
  }
  const longer = Math.max(long(found.p, step.pAfter), long(found.q, step.qAfter), 1e-12)
  return TIMES.findLast((times) => times * longer <= reachOf(plane, found) / 3) ?? 1
}

// How far the plane reaches from its middle.
/** @type {(plane: Plane, found: Found) => number} */
function reachOf(plane, found) {
  const points = [...plane.users, ...plane.items, placed(plane, found.p), placed(plane, found.q)]
  return most(points.flat()) * 1.12
}

/** @type {(plane: Plane, found: Found, step: StepTaken, share: number, size: number, type: number) => string} */
export function planeOf(plane, found, step, share, size, type) {
  const reach = reachOf(plane, found)
  const edge = 1.7 * type
  /** @type {(point: [number, number]) => [number, number]} */
  const pixel = ([x, y]) => [
    edge + ((x / reach + 1) / 2) * (size - edge), ((1 - y / reach) / 2) * (size - edge),
  ]
  /** @type {(kind: string, points: [number, number][], r: number) => string} */
  const faint = (kind, points, r) =>
    `<g class="fs-${kind} fs-faint">${points.map((point) => mark(kind, ...pixel(point), r)).join("")}</g>`
  const times = timesOf(plane, found, step)
  /** @type {(kind: "user" | "item", from: number[], to: number[]) => string} */
  const moved = (kind, from, to) => {
    const [a, b] = [placed(plane, from), placed(plane, to)]
    const [x, y] = pixel(a)
    const [tx, ty] = pixel([a[0] + share * times * (b[0] - a[0]), a[1] + share * times * (b[1] - a[1])])
    const far = Math.hypot(tx - x, ty - y)
    const head = Math.min(type * 0.7, far)
    const [dx, dy] = far ? [(tx - x) / far, (ty - y) / far] : [0, 0]
    const arrow = far < 1 ? "" : `<line class="fs-arrow" x1="${x}" y1="${y}" x2="${tx}" y2="${ty}"/>
      <path class="fs-first" d="M${tx} ${ty}L${tx - head * (dx + dy * 0.6)} ${ty - head * (dy - dx * 0.6)}L${tx - head * (dx - dy * 0.6)} ${ty - head * (dy + dx * 0.6)}Z"/>`
    return `<g class="fs-${kind}">${mark(kind, x, y, type * 0.6)}${arrow}</g>`
  }
  const [zx, zy] = pixel([0, 0])
  return `<rect class="fs-frame" x="${edge}" y="0" width="${size - edge}" height="${size - edge}"/>
    <line class="fs-zero" x1="${edge}" x2="${size}" y1="${zy}" y2="${zy}"/>
    <line class="fs-zero" x1="${zx}" x2="${zx}" y1="0" y2="${size - edge}"/>
    ${faint("user", plane.users, type * 0.25)}${faint("item", plane.items, type * 0.25)}
    ${moved("user", found.p, step.pAfter)}${moved("item", found.q, step.qAfter)}
    <g class="fs-muted"><text x="${(size + edge) / 2}" y="${size - type * 0.4}" text-anchor="middle">${plane.names[0]}</text>
    <text transform="translate(${type} ${(size - edge) / 2}) rotate(-90)" text-anchor="middle">${plane.names[1]}</text></g>`
}
