// @ts-check
// What moves on the board of a room: points glide to where the model has them now, and a new rating
// grows into its cell. Numbers only; board.js paints.

/** @import { BoardNews } from "./types.js" */
/** @typedef {[x: number, y: number]} Point */

// Milliseconds in which a point has gone most of its way, and a cell has grown.
const [GLIDE, GROW] = [450, 350]

// Points by name, each on its way from where it is to where it belongs.
export class Gliding {
  /** @type {Map<string, { at: Point, to: Point }>} */
  points = new Map()

  // Where they belong now; who is new begins there, who is gone is forgotten.
  /** @type {(to: Map<string, Point>, calm: boolean) => void} */
  aim(to, calm) {
    for (const name of [...this.points.keys()]) if (!to.has(name)) this.points.delete(name)
    for (const [name, there] of to) {
      const known = this.points.get(name)
      if (known && !calm) known.to = there
      else this.points.set(name, { at: [...there], to: there })
    }
  }

  // Let time pass; whether anything still moves. `close`: what nobody sees any more.
  /** @type {(milliseconds: number, close: number) => boolean} */
  pass(milliseconds, close) {
    const share = 1 - Math.exp(-milliseconds / (GLIDE / 3))
    let moving = false
    for (const { at, to } of this.points.values()) {
      for (const axis of /** @type {const} */ ([0, 1])) {
        const left = to[axis] - at[axis]
        if (Math.abs(left) <= close) at[axis] = to[axis]
        else {
          at[axis] += share * left
          moving = true
        }
      }
    }
    return moving
  }

  /** @param {string} name */
  at(name) {
    return this.points.get(name)?.at
  }
}

// Cells that were rated, or changed, since the news before: “member item”, by the member's number.
/** @type {(before: BoardNews | null, news: BoardNews) => string[]} */
export function fresh(before, news) {
  if (!before) return []
  const known = new Map(before.members.map(({ number }, row) => [number, before.matrix[row]]))
  return news.members.flatMap(({ number }, row) =>
    news.matrix[row].flatMap((value, item) =>
      value !== null && value !== known.get(number)?.[item] ? [`${number} ${item}`] : [],
    ),
  )
}

// How large a cell is that came so long ago, as a share of its size.
/** @param {number} age milliseconds */
export function grown(age) {
  const share = Math.min(Math.max(age / GROW, 0), 1)
  return 1 - (1 - share) ** 3
}

// Half of the side of a square around the origin that has all points, with some air.
/** @param {Point[]} points */
export function reach(points) {
  return 1.12 * points.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 1e-6)
}

// Of n rows of a height those that have room for a name of this height: every first, second …
/** @type {(n: number, height: number, line: number) => number[]} */
export function named(n, height, line) {
  const every = Math.max(1, Math.ceil(line / Math.max(height, 1e-6)))
  return Array.from({ length: Math.ceil(n / every) }, (_, i) => i * every)
}

// A text that is no wider than there is room for.
/** @type {(text: string, room: number, width: (text: string) => number) => string} */
export function cut(text, room, width) {
  if (width(text) <= room) return text
  const letters = [...text]
  while (letters.length > 1 && width(`${letters.join("").trimEnd()}…`) > room) letters.pop()
  return `${letters.join("").trimEnd()}…`
}
