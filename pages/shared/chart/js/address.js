// @ts-check
// The address bar: one entry of history for each choice, and this the only writer.

/** @type {{ page: string, steps: number } | null} */
let written = null // what was written last

// Where Back or Forward has led, until the page answers to it. What the page says meanwhile belongs
// to another entry of the history, and is not written over this one.
/** @type {string | null} */
let awaited = null

globalThis.addEventListener?.("popstate", () => (awaited = window.location.href))

// Streamlit empties the query before it goes to another page: that is no step, and the page one
// leaves keeps its address.
const push = window.history.pushState.bind(window.history)
/** @type {History["pushState"]} */
window.history.pushState = (state, title, url) => {
  const there = new URL(url ?? "", window.location.href)
  if (there.pathname !== window.location.pathname) push(state, title, url)
}

// Have the address of a page say `query`. `steps` counts the choices made so far: a choice on the
// same page is an entry of its own, all else changes the entry there is. `asked` is the query to
// which the page answers.
/** @type {(page: string, query: string, steps: number, asked: string) => void} */
export function write(page, query, steps, asked) {
  const here = window.location
  const answers = here.pathname.split("/").pop() === page && alike(own(here.search), own(asked))
  if (here.href === awaited && !answers) return
  awaited = null
  const chosen = page === written?.page && steps > written.steps
  written = { page, steps }
  if (alike(own(here.search), new URLSearchParams(query))) return
  const kept = [...new URLSearchParams(here.search)].filter(isEmbed)
  const extra = kept.length ? `&${new URLSearchParams(kept)}` : ""
  const address = `${here.pathname}${query || extra ? "?" : ""}${query}${extra}${here.hash}`
  if (chosen) push({}, "", address)
  else window.history.replaceState(window.history.state, "", address)
}

// Go to a page and a view as a link does, without loading all anew: Streamlit answers to a step in
// the history.
/** @type {(path: string, query: string) => void} */
export function visit(path, query) {
  const kept = [...new URLSearchParams(window.location.search)].filter(isEmbed)
  const extra = kept.length ? `${query ? "&" : "?"}${new URLSearchParams(kept)}` : ""
  const address = `${path}${query}${extra}`
  if (address === window.location.pathname + window.location.search) return
  push({}, "", address)
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }))
}

/** @param {string[]} pair */
function isEmbed([key]) {
  return key.startsWith("embed")
}

// What a query says of the view: all but how the page is embedded.
/** @param {string} query */
function own(query) {
  return new URLSearchParams([...new URLSearchParams(query)].filter((pair) => !isEmbed(pair)))
}

/** @type {(one: URLSearchParams, other: URLSearchParams) => boolean} */
function alike(one, other) {
  one.sort()
  other.sort()
  return one.toString() === other.toString()
}
