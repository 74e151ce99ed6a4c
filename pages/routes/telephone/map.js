// @ts-check
// The class on one map, with one's own point, as a drawing that needs no canvas.

import { worded } from "../../shared/chart/js/sentences.js"

/** @import { Revealed } from "./types.js" */

const NAMESPACE = "http://www.w3.org/2000/svg"
const [WIDTH, HEIGHT, EDGE] = [360, 300, 26]

/** @type {(tag: string, attributes: Record<string, string | number>, text?: string) => SVGElement} */
function svg(tag, attributes, text = "") {
  const made = /** @type {SVGElement} */ (document.createElementNS(NAMESPACE, tag))
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  made.textContent = text
  return made
}

// Where points lie in the drawing: both axes in one measure, so that distances are true.
/** @type {(points: [number, number][]) => (x: number, y: number) => [number, number]} */
export function placed(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [low, high] = [Math.min(...ys), Math.max(...ys)]
  const scale = Math.min(
    (WIDTH - 2 * EDGE) / (right - left || 1), (HEIGHT - 2 * EDGE) / (high - low || 1),
  )
  return (x, y) => [
    WIDTH / 2 + (x - (left + right) / 2) * scale,
    HEIGHT / 2 - (y - (low + high) / 2) * scale,
  ]
}

/**
 * @param {[number, number]} point one's own
 * @param {Revealed["map"]["members"]} others
 * @param {{ x: number, y: number, name: string }[]} things
 * @param {string[]} near names of those nearest
 */
export function drawn(point, others, things, near) {
  const all = [...others, ...things].map(({ x, y }) => /** @type {[number, number]} */ ([x, y]))
  const at = placed([...all, point])
  const names = near.join(", ")
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "map" })
  picture.setAttribute("aria-label", names
    ? worded("A map of the class: you, and nearest to you {names}.", { names })
    : worded("A map of the class, and you in it."))
  for (const { x, y, name } of things) {
    const [left, top] = at(x, y)
    const mark = svg("path", { d: `M${left} ${top - 6}l6 6l-6 6l-6-6z`, class: "thing" })
    mark.append(svg("title", {}, name))
    picture.append(mark)
  }
  /** @type {[number, number, string, string][]} */
  const labels = []
  for (const { x, y, name } of others) {
    const [left, top] = at(x, y)
    const mark = svg("circle", { cx: left, cy: top, r: 5, class: "member" })
    mark.append(svg("title", {}, name))
    picture.append(mark)
    if (near.includes(name)) labels.push([left, top, name, "name"])
  }
  const [left, top] = at(...point)
  picture.append(svg("circle", { cx: left, cy: top, r: 9, class: "you" }))
  labels.unshift([left, top - 4, worded("you"), "name yours"])
  /** @type {[number, number, number][]} */
  const taken = []
  for (const [x, y, name, kind] of labels) {
    const short = name.length > 16 ? `${name.slice(0, 15)}…` : name
    const half = short.length * 3.8
    const [middle, line] = [Math.min(Math.max(x, half), WIDTH - half), Math.max(y - 11, 12)]
    const free = taken.every(([other, at, wide]) => Math.abs(at - line) > 13 || Math.abs(other - middle) > half + wide)
    if (!free) continue // names are never printed over each other; the list below has them all
    taken.push([middle, line, half])
    picture.append(svg("text", { x: middle, y: line, class: kind }, short))
  }
  return picture
}
