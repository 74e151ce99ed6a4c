// What this browser knows of each run, and the epoch that all live panels show.
//
// A tick of the page brings what is new since the last one (`take`); between ticks the shown epoch
// glides from where it was to the latest, and every listener draws it. Scrubbing moves the shown
// epoch without asking the server.

const runs = new Map() // stream → { curve: { train, validation, loss }, frames, reach }
const MOST_RUNS = 12
const MOST_FRAMES = 400

export const view = { stream: null, shown: 0, target: 0, following: true }

const listeners = new Set()
const calm = window.matchMedia("(prefers-reduced-motion: reduce)")

export function listen(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function run(stream) {
  return runs.get(stream)
}

export function latest(stream) {
  return (runs.get(stream)?.curve.loss.length ?? 0) - 1
}

// Take in a tick. Returns false when something is missing between what was here and what came:
// then the page has to send all of it again.
export function take({ stream, curves, frames, finished }) {
  let whole = true
  for (const [name, { from, ...series }] of Object.entries(curves)) {
    const known = runs.get(name) ?? { curve: { train: [], validation: [], loss: [] }, frames: [] }
    runs.delete(name) // to the end: the map forgets those not seen for longest
    runs.set(name, known)
    if (from > known.curve.loss.length) {
      whole = false
      continue
    }
    for (const [key, values] of Object.entries(series)) {
      known.curve[key].splice(from, Infinity, ...values)
    }
  }
  while (runs.size > MOST_RUNS) runs.delete(runs.keys().next().value)
  const here = runs.get(stream)
  if (here) {
    const seen = here.frames.at(-1)?.epoch ?? -1
    if (frames.after > seen) whole = false
    for (const frame of frames.list) insert(here.frames, frame)
    thin(here.frames)
  }
  aim(stream, finished)
  return whole
}

function insert(frames, frame) {
  let at = frames.length
  while (at > 0 && frames[at - 1].epoch >= frame.epoch) at--
  frames.splice(at, frames[at]?.epoch === frame.epoch ? 1 : 0, unpack(frame))
}

function thin(frames) {
  if (frames.length <= MOST_FRAMES) return
  const kept = frames.filter((_, i) => i % 2 === 0 || i === frames.length - 1)
  frames.splice(0, Infinity, ...kept)
}

// --- packed numbers: base64 of little-endian 16-bit integers --------------------------------------

function integers(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  return new Kind(bytes.buffer)
}

function unpack(frame) {
  const { matrix, latent } = frame
  return {
    ...frame, // epoch, reach, spread
    matrix: matrix && integers(matrix, Uint16Array),
    latent: latent && integers(latent, Int16Array),
  }
}

// The two frames around an epoch, and how far between them it lies.
export function around(stream, epoch) {
  const frames = runs.get(stream)?.frames
  if (!frames?.length) return null
  let low = 0
  let high = frames.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (frames[middle].epoch <= epoch) low = middle
    else high = middle - 1
  }
  const before = frames[low]
  const after = frames[Math.min(low + 1, frames.length - 1)]
  const span = after.epoch - before.epoch
  const share = span > 0 ? Math.min(Math.max((epoch - before.epoch) / span, 0), 1) : 0
  return { before, after, share, epoch }
}

// --- the shown epoch ------------------------------------------------------------------------------

let lastTick = 0
let pace = 0 // epochs a millisecond
let frame = 0
let before = 0
let wanted = false

function aim(stream, finished) {
  const now = performance.now()
  const end = latest(stream)
  const period = Math.min(Math.max(now - lastTick, 200), 1500)
  if (stream !== view.stream || end < view.shown) {
    Object.assign(view, { stream, shown: end, target: end, following: true })
    lastTick = now
  } else if (view.following && end !== view.target) {
    view.target = end
    lastTick = now
    pace = calm.matches ? Infinity : (end - view.shown) / (finished ? 400 : period)
  }
  again()
}

// Look back at an epoch (what `following` ends), or at the latest again with null.
export function look(epoch) {
  const end = latest(view.stream)
  view.following = epoch === null || epoch >= end
  view.target = view.shown = view.following ? end : Math.max(epoch, 0)
  again()
}

export function resting() {
  return view.shown === view.target
}

// Ask for one more round of drawing.
export function again() {
  wanted = true
  if (!frame) frame = requestAnimationFrame(draw)
}

function draw(now) {
  frame = 0
  wanted = false
  if (view.shown < view.target) {
    const passed = Math.min(now - before, 100)
    view.shown = Math.min(view.target, view.shown + Math.max(pace, 1e-6) * passed)
    if (!Number.isFinite(view.shown)) view.shown = view.target
    wanted = view.shown < view.target
  }
  before = now
  for (const listener of listeners) listener()
  if (wanted) again()
}
