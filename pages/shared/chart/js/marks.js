// What is selected, marked on a chart: a dark ring around a cell or a point.
//
// The picture is sent once; what is selected travels with the view. `marks` is what the page says of
// a chart: { ring, rows, columns } of a matrix (indices of users and items), or { ring, points } of a
// map: [{ trace, side, ids }]. `ring` is how the ring is drawn (recsys_core/figures/theme.py).

// The rings as shapes for Plotly's layout.
export function rings(marks, view, data) {
  if (!marks) return []
  if (marks.rows) return cell(marks, view)
  if (!marks.ring) return [] // the overlay has it
  return marks.points.flatMap(({ trace, side, ids }) => {
    const at = ids.indexOf(view[side])
    const { x, y } = data[trace] ?? {}
    return at < 0 || x?.[at] == null ? [] : [point(x[at], y[at], marks.ring)]
  })
}

function cell({ rows, columns, ring, begin }, { user, item }) {
  const first = (list) => (begin ? list[0] : null)
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

function point(x, y, { size, color, line }) {
  const r = size / 2
  return {
    type: "circle", layer: "above", line: { color, width: line.width },
    xsizemode: "pixel", ysizemode: "pixel", xanchor: x, yanchor: y,
    x0: -r, x1: r, y0: -r, y1: r,
  }
}

// Who was clicked, as fields of the view; null where the click selects nobody.
export function clicked(marks, { curve, point, row, column }) {
  if (!marks) return null
  if (marks.rows) {
    if (row === null || row >= marks.rows.length || column >= marks.columns.length) return null
    return { user: marks.rows[row], item: marks.columns[column] }
  }
  const found = marks.points.find(({ trace }) => trace === curve)
  return found && point !== null && point < found.ids.length
    ? { [found.side]: found.ids[point] }
    : null
}
