// @ts-check
// What is selected, marked on a chart: a dark ring around a cell or a point.
//
// The picture is sent once; what is selected travels with the view. `ring` is how the ring is drawn
// (recsys_core/figures/theme.py).

/** @import { CellMarks, Marks, Ring, Trace, View } from "./types.js" */
/** @typedef {Pick<View, "user" | "item">} Selected */

// The rings as shapes for Plotly's layout.
/** @type {(marks: Marks | null, view: Selected, data: Trace[]) => object[]} */
export function rings(marks, view, data) {
  if (!marks) return []
  if (marks.rows) return cell(marks, view)
  const { ring } = marks
  if (!ring) return [] // the overlay has it
  return marks.points.flatMap(({ trace, side, ids }) => {
    const at = ids.indexOf(view[side] ?? -1)
    const { x, y } = data[trace] ?? {}
    return at < 0 || x?.[at] == null ? [] : [point(x[at], y[at], ring)]
  })
}

/** @type {(marks: CellMarks, view: Selected) => object[]} */
function cell({ rows, columns, ring, begin }, { user, item }) {
  const first = (/** @type {number[]} */ list) => (begin ? list[0] : -1)
  const [row, column] = [
    rows.indexOf(user ?? first(rows)),
    columns.indexOf(item ?? first(columns)),
  ]
  if (row < 0 || column < 0) return []
  return [
    {
      type: "rect", layer: "above", line: { ...ring },
      x0: column - 0.5, x1: column + 0.5, y0: row - 0.5, y1: row + 0.5,
    },
  ]
}

/** @type {(x: number, y: number, ring: Ring) => object} */
function point(x, y, { size, color, line }) {
  const r = size / 2
  return {
    type: "circle", layer: "above", line: { color, width: line.width },
    xsizemode: "pixel", ysizemode: "pixel", xanchor: x, yanchor: y,
    x0: -r, x1: r, y0: -r, y1: r,
  }
}

// Who was clicked, as fields of the view; null where the click selects nobody. Of a matrix Plotly
// says the row and the column, of a curve which of its points.
/**
 * @typedef {number | null} Index
 * @typedef {{ curve: number, point: Index, row: Index, column: Index }} Click
 * @type {(marks: Marks | null, click: Click) => Partial<Selected> | null}
 */
export function clicked(marks, { curve, point, row, column }) {
  if (!marks) return null
  if (marks.rows) {
    const { rows, columns } = marks
    if (row === null || column === null || row >= rows.length || column >= columns.length) return null
    return { user: rows[row], item: columns[column] }
  }
  const found = marks.points.find(({ trace }) => trace === curve)
  return found && point !== null && point < found.ids.length
    ? { [found.side]: found.ids[point] }
    : null
}
