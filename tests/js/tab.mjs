// @ts-check
// A browser tab without a browser: the scripts of the pages, on a clock that only the test moves.
//
// Each line of the input is { call: [module, name, ...arguments] } or { pass: milliseconds } or
// { look: name }; each line of the output is { is: … } or { error: … }. `tests/node.py` is the other
// end.

import process from "node:process"
import { createInterface } from "node:readline"

import { fire, notice, now, pass, sent, sockets, spans, waiting } from "./window.mjs"

// --- what can be asked ----------------------------------------------------------------------------

/** @type {(name: string) => Promise<any>} */
const load = (name) => import(`../../pages/shared/chart/js/${name}`)
const store = await load("store.js")
/** @type {object[]} */
const told = [] // what the page was told of changes made here
store.onChange((/** @type {object} */ change) => told.push(change))

/** @type {Record<string, () => unknown>} */
const looks = {
  view: () => store.view,
  told: () => told.splice(0),
  sent: () => sent.splice(0),
  sockets: () => sockets.map(({ address }) => address),
  notice,
  waiting,
  now,
}

/** @type {Record<string, (given: any) => unknown>} */
const does = {
  constants: async () => ({ ...(await load("constants.js")) }),
  async call([module, name, ...given]) {
    return (await load(module))[name](...given)
  },
  // The same function for many arguments.
  async map([module, name, lists]) {
    const called = (await load(module))[name]
    return lists.map((/** @type {unknown[]} */ given) => called(...given))
  },
  pass,
  look: (name) => looks[name](),
  open: () => sockets.at(-1)?.open(),
  close: () => sockets.at(-1)?.cut(),
  press: () => fire("pointerdown"),
  receive: (text) => sockets.at(-1)?.onmessage({ data: text }),
  // What a live panel paints of the shown epoch, in the units of its axes: [what was called, with
  // what, how the canvas was set then].
  async paint([live, figure]) {
    const { panelOf } = await load("live_panels.js")
    /** @type {unknown[]} */
    const painted = []
    /** @typedef {Record<string | symbol, any>} Set */
    /** @type {(name: string | symbol, set: Set) => (...given: unknown[]) => number} */
    const draw = (name, set) => (...given) => painted.push([name, given, { ...set }])
    const ctx = new Proxy(/** @type {Set} */ ({}), {
      get: (set, name) => (name in set ? set[name] : draw(name, set)),
    })
    const same = (/** @type {number} */ value) => value
    const panel = panelOf(live, figure.data)
    const plot = { _fullData: figure.data.map(() => ({ visible: true })) }
    panel.paint({ ctx, font: "", x: same, y: same }, plot)
    return painted
  },
  // What follows from rows of a block (edited.js), as it is sent.
  async follow([sent, lengths, rows]) {
    const { follow, unpacked } = await load("edited.js")
    const block = unpacked(sent, lengths)
    return rows.map((/** @type {number[]} */ row) => follow(block, row))
  },
  // Elements to be filled, by what they say; gives what they say once texts.js has drawn.
  async say(/** @type {Record<string, string>[]} */ wanted) {
    const { draw } = await load("texts.js")
    spans.splice(0, Infinity, ...wanted.map((dataset) => ({ dataset, textContent: "" })))
    draw()
    return spans.splice(0).map(({ textContent }) => textContent)
  },
}

// Numbers that JSON cannot hold travel as text.
/** @type {Record<string, number>} */
const odd = { "#nan": NaN, "#inf": Infinity, "#-inf": -Infinity, "#-0": -0 }
const read = (/** @type {string} */ text) =>
  JSON.parse(text, (_, value) => (Object.hasOwn(odd, value) ? odd[value] : value))

// Typed arrays as lists.
const written = (/** @type {unknown} */ value) =>
  JSON.stringify(value ?? null, (_, one) =>
    one instanceof Uint16Array || one instanceof Int16Array ? Array.from(one) : one,
  )

for await (const line of createInterface({ input: process.stdin })) {
  const [[what, given]] = Object.entries(read(line))
  let answer
  try {
    answer = `{"is":${written(await does[what](given))}}`
  } catch (error) {
    answer = JSON.stringify({ error: error instanceof Error ? error.stack : String(error) })
  }
  process.stdout.write(`${answer}\n`)
}
