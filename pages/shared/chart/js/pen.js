// Drawing over a Plotly chart while it moves: a canvas between its plot and its hover labels.
//
// Plotly takes tens of milliseconds for an update, a canvas one or two. The pen maps values to
// pixels by the chart's own axes, so that zoom is respected.

export class Canvas {
  constructor(plot) {
    this.plot = plot
    this.canvas = document.createElement("canvas")
    this.canvas.className = "fs-canvas"
  }

  // Clear, clip to the plot area, and give a pen; null while the chart has no size.
  begin() {
    const { plot, canvas } = this
    const layer = plot.querySelector(".gl-container")
    const { xaxis, yaxis, width, height, font } = plot._fullLayout ?? {}
    if (!layer || !xaxis?._length) return null
    if (canvas.parentElement !== layer) layer.append(canvas)
    const scale = window.devicePixelRatio || 1
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale)
      canvas.height = Math.round(height * scale)
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` })
    }
    const ctx = canvas.getContext("2d")
    ctx.setTransform(scale, 0, 0, scale, 0, 0)
    ctx.clearRect(0, 0, width, height)
    ctx.save()
    ctx.beginPath()
    ctx.rect(xaxis._offset - 2, yaxis._offset - 2, xaxis._length + 4, yaxis._length + 4)
    ctx.clip()
    const log = ({ type }, value) => (type === "log" ? Math.log10(value) : value)
    return {
      ctx,
      font: `${font.size}px ${font.family}`,
      x: (value) => xaxis._offset + xaxis.l2p(log(xaxis, value)),
      y: (value) => yaxis._offset + yaxis.l2p(log(yaxis, value)),
    }
  }

  end({ ctx }) {
    ctx.restore()
  }

  clear() {
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height)
  }
}

// A Plotly colour scale as a function of 0 … 1.
export function colours(scale) {
  const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
  const table = Array.from({ length: 256 }, (_, i) => {
    const at = i / 255
    const after = Math.max(scale.findIndex(([stop]) => stop >= at), 1)
    const [from, low] = scale[after - 1]
    const [to, high] = scale[after]
    const share = (at - from) / (to - from)
    const [a, b] = [channels(low), channels(high)]
    return `rgb(${a.map((v, c) => Math.round(v + share * (b[c] - v)))})`
  })
  return (share) => table[Math.round(255 * Math.min(Math.max(share, 0), 1))]
}

export function line({ ctx, x, y }, points, { color, width, dash }) {
  ctx.beginPath()
  for (const [px, py] of points) ctx.lineTo(x(px), y(py))
  ctx.setLineDash(dash === "dash" ? [9, 9] : [])
  Object.assign(ctx, { strokeStyle: color, lineWidth: width, lineJoin: "round" })
  ctx.stroke()
  ctx.setLineDash([])
}

export function marker({ ctx, x, y }, px, py, { symbol, size, color, opacity = 1, line }) {
  const [left, top, r] = [x(px), y(py), size / 2]
  ctx.beginPath()
  if (symbol === "diamond") {
    const d = r * 1.3
    ctx.moveTo(left, top - d)
    ctx.lineTo(left + d, top)
    ctx.lineTo(left, top + d)
    ctx.lineTo(left - d, top)
    ctx.closePath()
  } else {
    ctx.arc(left, top, r, 0, 2 * Math.PI)
  }
  ctx.globalAlpha = opacity
  if (symbol.endsWith("-open")) {
    Object.assign(ctx, { strokeStyle: color, lineWidth: line?.width ?? 1 })
    ctx.stroke()
  } else {
    ctx.fillStyle = color
    ctx.fill()
  }
  ctx.globalAlpha = 1
}

// A name beside a point, where Plotly would write it (“middle right”, “top center” …).
export function word({ ctx, font, x, y }, px, py, text, where, color) {
  const [up, across] = where.split(" ")
  const side = { left: -1, center: 0, right: 1 }[across]
  const lift = { top: -1, middle: 0, bottom: 1 }[up]
  Object.assign(ctx, {
    font,
    fillStyle: color,
    textAlign: { left: "right", center: "center", right: "left" }[across],
    textBaseline: { top: "bottom", middle: "middle", bottom: "top" }[up],
  })
  ctx.fillText(text, x(px) + 7 * side, y(py) + 6 * lift)
}
