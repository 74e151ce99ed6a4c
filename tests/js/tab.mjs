// A browser tab without a browser: the scripts of the pages, on a clock that only the test moves.
//
// Each line of the input is { call: [module, name, ...arguments] } or { pass: milliseconds } or
// { look: name }; each line of the output is { is: … } or { error: … }. The folder of the scripts is
// the one argument. `tests/node.py` is the other end.

import { createInterface } from "node:readline"
import { pathToFileURL } from "node:url"

// --- a window -------------------------------------------------------------------------------------

const told = [] // what the page was told of changes made here
const sent = [] // what went to the live route, as text
const spans = [] // elements with data-fs
const sockets = []
const presses = []
let notice = null
let now = 0
let due = [] // { at, number, run }
let numbered = 0

const frame = 1000 / 60

function later(run, at) {
  due.push({ at, number: ++numbered, run })
  return numbered
}

function element() {
  return { dataset: {}, style: {}, setAttribute() {}, querySelector: () => null }
}

class FakeSocket {
  static OPEN = 1
  readyState = 0
  constructor(address) {
    this.address = address
    sockets.push(this)
  }
  send(text) {
    sent.push(text)
  }
}

Object.defineProperty(globalThis, "performance", { value: { now: () => now } })
Object.assign(globalThis, {
  window: globalThis,
  location: { protocol: "http:", host: "localhost:8501", origin: "http://localhost:8501" },
  WebSocket: FakeSocket,
  MutationObserver: class {
    observe() {}
  },
  document: {
    head: { append() {} },
    body: { appendChild: (node) => (notice = node) },
    createElement: element,
    querySelector: (selector) => (selector === ".fs-notice" ? notice : null),
    querySelectorAll: (selector) => (selector === "[data-fs]" ? spans : []),
  },
  matchMedia: () => ({ matches: process.argv.includes("--calm") }),
  addEventListener: (name, run) => name === "pointerdown" && presses.push(run),
  setTimeout: (run, delay = 0) => later(run, now + delay),
  clearTimeout: (number) => (due = due.filter((one) => one.number !== number)),
  // At the next multiple of a sixtieth of a second.
  requestAnimationFrame: (run) =>
    later(() => run(now), frame * (Math.floor(now / frame + 1e-9) + 1)),
})

function pass(milliseconds) {
  const end = now + milliseconds
  for (;;) {
    const next = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.number - b.number)[0]
    if (!next) break
    due = due.filter((one) => one !== next)
    now = Math.max(now, next.at)
    next.run()
  }
  now = end
}

// --- what can be asked ----------------------------------------------------------------------------

const folder = pathToFileURL(`${process.argv[2]}/`)
const load = (name) => import(new URL(name, folder).href)
const store = await load("store.js")
store.onChange((change) => told.push(change))

const looks = {
  view: () => store.view,
  told: () => told.splice(0),
  sent: () => sent.splice(0),
  sockets: () => sockets.map(({ address }) => address),
  notice: () => (notice && !notice.hidden ? notice.textContent : ""),
  waiting: () => due.length,
  now: () => now,
}

const does = {
  constants: async () => ({ ...(await load("constants.js")) }),
  async call([module, name, ...given]) {
    return (await load(module))[name](...given)
  },
  // The same function for many arguments.
  async map([module, name, lists]) {
    const called = (await load(module))[name]
    return lists.map((given) => called(...given))
  },
  pass,
  look: (name) => looks[name](),
  open() {
    const socket = sockets.at(-1)
    socket.readyState = FakeSocket.OPEN
    socket.onopen()
  },
  close() {
    const socket = sockets.at(-1)
    socket.readyState = 3
    socket.onclose()
  },
  press: () => presses.forEach((run) => run()),
  receive: (text) => sockets.at(-1).onmessage({ data: text }),
  // What a live panel paints of the shown epoch, in the units of its axes: [what was called, with
  // what, how the canvas was set then].
  async paint([live, figure]) {
    const { panels } = await load("panels.js")
    const painted = []
    const draw = (name, set) => (...given) => painted.push([name, given, { ...set }])
    const ctx = new Proxy({}, { get: (set, name) => (name in set ? set[name] : draw(name, set)) })
    const panel = new panels[live.panel](live, figure.data)
    const plot = { _fullData: figure.data.map(() => ({ visible: true })) }
    panel.paint({ ctx, font: "", x: (value) => value, y: (value) => value }, plot)
    return painted
  },
  // Elements to be filled, by what they say; gives what they say once texts.js has drawn.
  async say(wanted) {
    const { draw } = await load("texts.js")
    spans.splice(0, Infinity, ...wanted.map((dataset) => ({ dataset, textContent: "" })))
    draw()
    return spans.splice(0).map(({ textContent }) => textContent)
  },
}

// Numbers that JSON cannot hold travel as text.
const odd = { "#nan": NaN, "#inf": Infinity, "#-inf": -Infinity, "#-0": -0 }
const read = (text) => JSON.parse(text, (_, value) => (Object.hasOwn(odd, value) ? odd[value] : value))

// Typed arrays as lists.
const written = (value) =>
  JSON.stringify(value ?? null, (_, one) => (ArrayBuffer.isView(one) ? Array.from(one) : one))

for await (const line of createInterface({ input: process.stdin })) {
  const [[what, given]] = Object.entries(read(line))
  let answer
  try {
    answer = `{"is":${written(await does[what](given))}}`
  } catch (error) {
    answer = JSON.stringify({ error: String(error.stack) })
  }
  process.stdout.write(`${answer}\n`)
}
