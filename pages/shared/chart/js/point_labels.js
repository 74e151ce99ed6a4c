// @ts-check
// Names beside points, so placed that they cover neither each other nor the points; what there is no
// room for is left out. Pixels, downwards.

import { scale } from "./enlarge.js"

/** @typedef {[x: number, y: number]} Point */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box */

// To which side of its point a name stands, as Plotly calls it, the usual one first.
/** @type {Record<string, [right: number, down: number]>} */
const PLACES = {
  "middle right": [1, 0], "middle left": [-1, 0], "top center": [0, -1], "bottom center": [0, 1],
  "top right": [1, -1], "top left": [-1, -1], "bottom right": [1, 1], "bottom left": [-1, 1],
}

// The height of a line, half of a point, and from a point's centre to its name.
const [LINE, HALF, AWAY] = [14, 6, 9]

// A name stays where it stood before, unless elsewhere it covers so much less of points, in square
// pixels: while points move, names are not to jump about.
const MUCH = 60

// Where each name stands; null: it is left out. The first names choose first.
/**
 * @type {(
 *   points: Point[], widths: number[], marks: Point[], frame: Box, before?: (string | null)[],
 * ) => (string | null)[]}
 */
export function positions(points, widths, marks, frame, before = []) {
  const half = HALF * scale
  const dots = marks.map(([x, y]) => box(x - half, y - half, 2 * half, 2 * half))
  /** @type {Box[]} */
  const written = []
  return points.map((point, i) => {
    /** @type {{ place: string, here: Box, cost: number } | null} */
    let best = null
    for (const [place, [right, down]] of Object.entries(PLACES)) {
      const here = around(point, widths[i], right, down)
      // Names over names, or cut at the edge, cannot be read; names over points can, and in a dense
      // cloud must be.
      if (!within(here, frame) || written.some((other) => overlap(here, other) > 0)) continue
      const covered = dots.reduce((sum, dot) => sum + overlap(here, dot), 0)
      const cost = covered - (place === before[i] ? MUCH : 0)
      if (!best || cost < best.cost - 1e-3) best = { place, here, cost }
    }
    if (best) written.push(best.here)
    return best?.place ?? null
  })
}

/** @type {(point: Point, width: number, right: number, down: number) => Box} */
function around([x, y], width, right, down) {
  const [line, away] = [LINE * scale, AWAY * scale]
  const left = x + right * away - [width, width / 2, 0][1 + right]
  return box(left, y + down * away - [line, line / 2, 0][1 + down], width, line)
}

/** @type {(left: number, top: number, width: number, height: number) => Box} */
function box(left, top, width, height) {
  return { left, top, right: left + width, bottom: top + height }
}

/** @type {(one: Box, other: Box) => number} */
function overlap(one, other) {
  const across = Math.min(one.right, other.right) - Math.max(one.left, other.left)
  const along = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top)
  return Math.max(across, 0) * Math.max(along, 0)
}

/** @type {(one: Box, other: Box) => boolean} */
function within(one, other) {
  return (
    one.left >= other.left && one.right <= other.right &&
    one.top >= other.top && one.bottom <= other.bottom
  )
}
