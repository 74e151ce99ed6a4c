// @ts-check
// What follows from one row of a model whose numbers were changed by hand: pure functions, which say
// what recsys_core/asking/edited.py says of the whole model.

/** @import { Block, BlockSent, Followed, Rows } from "./types.js" */

// Packed numbers.
/** @type {(text: string) => Float32Array} */
export const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)

// A block as it was sent, ready to be worked with.
/** @type {(sent: BlockSent, lengths: [listed: number, near: number]) => Block} */
export function unpacked({ mean, ends, clip, row, open, rated, near }, lengths) {
  /** @type {(packed: { factors: string, biases: string }) => Rows} */
  const rows = ({ factors, biases }) => ({ factors: floats(factors), biases: floats(biases) })
  const own = rows(near)
  const block = {
    mean, ends, clip, row, lengths,
    open: { ...rows(open), names: open.names },
    rated: { ...rows(rated), values: rated.values },
    near: { ...own, names: near.names, sizes: sizesOf(own, row.length - 1) },
  }
  return { ...block, trained: listsOf(block, row), error: rmse(block, row) }
}

/**
 *     x_j = μ + b + b_j + w · q_j      r̂_j = x_j, or low + (high − low) σ(x_j)
 *     cos_v = w · p_v / (‖w‖ ‖p_v‖)    RMSE = √(Σ (r_j − clip r̂_j)² / n)
 *
 * @type {(block: Block, row: number[]) => Followed} `row`: (w, b), the bias last
 */
export function follow(block, row) {
  const { open, near, trained } = block
  const { scores, cosines, list, alike } = listsOf(block, row)
  const error = rmse(block, row)
  return {
    list: list.map((j) => ({
      name: open.names[j],
      predicted: clipped(block, scores[j]),
      before: clipped(block, trained.scores[j]),
      place: trained.list.indexOf(j) + 1,
    })),
    near: alike.map((v) => ({
      name: near.names[v], cosine: cosines[v], fresh: !trained.alike.includes(v),
    })),
    rmse: error === null || block.error === null ? null : [block.error, error],
  }
}

/** @typedef {Omit<Block, "trained" | "error">} Numbers */

/** @type {(block: Numbers, row: number[]) => Block["trained"]} */
function listsOf(block, row) {
  const { near, lengths } = block
  const scores = predicted(block, block.open, row)
  const k = row.length - 1
  const size = Math.sqrt(row.reduce((sum, value, f) => (f < k ? sum + value * value : sum), 0))
  const cosines = dots(near, row).map((dot, v) => (size * near.sizes[v] > 0 ? dot / (size * near.sizes[v]) : 0))
  return { scores, cosines, list: first(scores, lengths[0]), alike: first(cosines, lengths[1]) }
}

// RMSE of clipped predictions over the row's own ratings; null where it has none.
/** @type {(block: Numbers, row: number[]) => number | null} */
function rmse(block, row) {
  const { values } = block.rated
  if (!values.length || !block.clip) return null
  const errors = predicted(block, block.rated, row).map((r, j) => values[j] - clipped(block, r))
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / values.length)
}

/** @type {(block: Numbers, rows: Rows, row: number[]) => Float64Array} */
function predicted({ mean, ends }, rows, row) {
  const start = mean + row[row.length - 1]
  const x = dots(rows, row).map((dot, j) => start + rows.biases[j] + dot)
  return ends ? x.map((each) => ends[0] + (ends[1] - ends[0]) / (1 + Math.exp(-each))) : x
}

/** @type {(block: Numbers, value: number) => number} */
function clipped({ clip }, value) {
  return clip ? Math.min(Math.max(value, clip[0]), clip[1]) : value
}

// w · x_j of every row.
/** @type {(rows: Rows, row: number[]) => Float64Array} */
function dots({ factors, biases }, row) {
  const k = row.length - 1
  return Float64Array.from(biases, (_, j) => {
    let dot = 0
    for (let f = 0, at = j * k; f < k; f++, at++) dot += row[f] * factors[at]
    return dot
  })
}

/** @type {(rows: Rows, k: number) => Float64Array} */
function sizesOf({ factors, biases }, k) {
  return Float64Array.from(biases, (_, j) => Math.hypot(...factors.subarray(j * k, (j + 1) * k)))
}

// The places of the n highest, best first. They are equal if they are so as float32; of equal ones
// the first is first (a block's rows lie so), since sorting leaves them in order.
/** @type {(scores: Float64Array, n: number) => number[]} */
function first(scores, n) {
  const rounded = Float32Array.from(scores)
  const places = [...rounded.keys()].filter((j) => Number.isFinite(rounded[j]))
  return places.sort((a, b) => rounded[b] - rounded[a]).slice(0, n)
}
