// @ts-check
// A window without a browser: a clock that only the test moves, and as much of a page as the scripts
// touch. To be imported before them.

/** What goes to the live route, as text. @type {string[]} */
export const sent = []
/** Elements with data-fs. @type {{ dataset: Record<string, string>, textContent: string }[]} */
export const spans = []
/** All connections that were asked for. @type {FakeSocket[]} */
export const sockets = []
/** The element of Streamlit's app. */
export const app = { dataset: { testScriptState: "notRunning" } }
/** Everything that was logged as a warning. @type {unknown[]} */
export const warnings = []

// --- the clock ------------------------------------------------------------------------------------

let time = 0
let numbered = 0
/** @type {{ at: number, number: number, run: () => void }[]} */
let due = []

const FRAME = 1000 / 60

/** @type {(run: () => void, at: number) => number} */
function later(run, at) {
  due.push({ at, number: ++numbered, run })
  return numbered
}

export const now = () => time
export const waiting = () => due.length

/** Let time pass: frames are drawn, timers fire. @param {number} milliseconds */
export function pass(milliseconds) {
  const end = time + milliseconds
  for (;;) {
    const [next] = due
      .filter(({ at }) => at <= end)
      .sort((a, b) => a.at - b.at || a.number - b.number)
    if (!next) break
    due = due.filter((one) => one !== next)
    time = Math.max(time, next.at)
    next.run()
  }
  time = end
}

/** Have all that was promised come. */
export const settle = () => new Promise((resolve) => setImmediate(resolve))

// --- elements -------------------------------------------------------------------------------------

export class FakeElement {
  /** @type {Record<string, any>} */
  dataset = {}
  /** @type {Record<string, any>} */
  attributes = {}
  /** @type {FakeElement[]} */
  children = []
  /** @type {Map<string, FakeElement>} */
  #inner = new Map() // of its HTML, as they are asked for
  /** @type {Set<string>} */
  classes = new Set()
  classList = {
    add: (/** @type {string} */ name) => this.classes.add(name),
    remove: (/** @type {string} */ name) => this.classes.delete(name),
    toggle: (/** @type {string} */ name, /** @type {boolean} */ on) =>
      on ? this.classes.add(name) : this.classes.delete(name),
  }
  /** @type {Record<string, () => void>} */
  listening = {}
  style = {
    /** @type {Record<string, string>} */
    properties: {},
    /** @type {(name: string, value: string) => void} */
    setProperty(name, value) {
      this.properties[name] = value
    },
  }
  className = ""
  innerHTML = ""
  textContent = ""
  value = ""
  hidden = false
  disabled = false
  clientWidth = 0
  get childElementCount() {
    return this.children.length
  }
  get valueAsNumber() {
    return Number(this.value)
  }
  replaceChildren() {
    this.children = []
    this.#inner.clear()
  }
  focus() {}
  select() {}
  setPointerCapture() {}
  /** @type {(name: string, listener: () => void) => void} */
  addEventListener(name, listener) {
    this.listening[name] = listener
  }
  /** @type {(name: string, value: string) => void} */
  setAttribute(name, value) {
    this.attributes[name] = value
  }
  /** @param {string} name */
  removeAttribute(name) {
    delete this.attributes[name]
  }
  /** @param {string} name */
  getAttribute(name) {
    return this.attributes[name] ?? null
  }
  /** @param {FakeElement} child */
  appendChild(child) {
    this.children.push(child)
    return child
  }
  /** @param {FakeElement} child */
  append(child) {
    this.children.push(child)
  }
  /** @param {string} selector @returns {any} */
  querySelector(selector) {
    if (selector.startsWith(".")) {
      return this.children.find(({ className }) => className === selector.slice(1)) ?? null
    }
    if (!this.innerHTML.includes(`<${selector}`)) {
      return this.children.map((child) => child.querySelector(selector)).find(Boolean) ?? null
    }
    const found = this.#inner.get(selector) ?? new FakeElement()
    this.#inner.set(selector, found)
    // What is within another one of the same HTML is found there, too.
    found.innerHTML = this.innerHTML.split(`<${selector}`)[1].split(`</${selector}>`)[0]
    return found
  }
  querySelectorAll() {
    return []
  }
  /** @param {string} selector @returns {FakeElement | null} */
  closest(selector) {
    const link = selector === "[data-testid=stPageLink-NavLink]"
    return link && "href" in this.attributes ? this : null
  }
}

const body = new FakeElement()

/** What is said at the foot of the page. */
export function notice() {
  const place = body.querySelector(".fs-notice")
  return place && !place.hidden ? place.textContent : ""
}

// --- events, connections, history -----------------------------------------------------------------

/** @type {Record<string, ((event: any) => void)[]>} */
const listening = {}

/** @type {(name: string, listener: (event: any) => void) => void} */
function addEventListener(name, listener) {
  ;(listening[name] ??= []).push(listener)
}

/** Something happens to the window. @param {string} name @param {object} event */
export function fire(name, event = {}) {
  for (const listener of listening[name] ?? []) listener(event)
}

export class FakeSocket {
  static OPEN = 1
  readyState = 0
  /** @type {() => void} */
  onopen = () => {}
  /** @type {() => void} */
  onclose = () => {}
  /** @type {(event: { data: string }) => void} */
  onmessage = () => {}
  /** @param {string} address */
  constructor(address) {
    this.address = address
    sockets.push(this)
  }
  /** @param {string} text */
  send(text) {
    sent.push(text)
  }
  /** The connection is there. */
  open() {
    this.readyState = FakeSocket.OPEN
    this.onopen()
  }
  /** It is lost. */
  cut() {
    this.readyState = 3
    this.onclose()
  }
}

/** The tab's history: its addresses, and which of them is shown. */
export const visited = { entries: ["http://localhost:8501/"], at: 0 }

/** @param {string | URL | null | undefined} url */
const resolved = (url) => new URL(url ?? "", visited.entries[visited.at]).href

export const history = {
  state: null,
  /** @type {(state: unknown, title: string, url?: string | URL | null) => void} */
  pushState(_state, _title, url) {
    visited.entries = [...visited.entries.slice(0, visited.at + 1), resolved(url)]
    visited.at += 1
  },
  /** @type {(state: unknown, title: string, url?: string | URL | null) => void} */
  replaceState(_state, _title, url) {
    visited.entries[visited.at] = resolved(url)
  },
  back() {
    visited.at -= 1
    fire("popstate")
  },
}

Object.defineProperty(globalThis, "performance", { value: { now } })
Object.defineProperty(globalThis, "location", { get: () => new URL(visited.entries[visited.at]) })
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true })
Object.assign(globalThis, {
  window: globalThis,
  history,
  addEventListener,
  WebSocket: FakeSocket,
  Element: FakeElement,
  MutationObserver: class {
    observe() {}
  },
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
  document: {
    head: new FakeElement(),
    body,
    addEventListener,
    createElement: () => new FakeElement(),
    execCommand: () => true,
    querySelector: (/** @type {string} */ selector) =>
      selector === "[data-testid=stApp]" ? app : body.querySelector(selector),
    querySelectorAll: (/** @type {string} */ selector) => (selector === "[data-fs]" ? spans : []),
  },
  matchMedia: (/** @type {string} */ query) => ({
    matches: query.includes("reduced-motion") && process.argv.includes("--calm"),
  }),
  setTimeout: (/** @type {() => void} */ run, delay = 0) => later(run, time + delay),
  clearTimeout: (/** @type {number} */ number) => {
    due = due.filter((one) => one.number !== number)
  },
  // At the next multiple of a sixtieth of a second.
  requestAnimationFrame: (/** @type {(time: number) => void} */ run) =>
    later(() => run(time), FRAME * (Math.floor(time / FRAME + 1e-9) + 1)),
})
console.warn = (...what) => warnings.push(...what)
