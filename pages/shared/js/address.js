// The address bar: one entry of history for each choice, and this the only writer.

let path = null
let steps = null

// Have the address say `query`. `count` counts the choices made so far: a choice is an entry of its
// own, all else changes the entry there is.
export function write(query, count) {
  const here = window.location
  const chosen = here.pathname === path && steps !== null && count > steps
  path = here.pathname
  steps = count
  const wanted = new URLSearchParams(query)
  const now = new URLSearchParams(here.search)
  for (const [key, value] of now) if (key.startsWith("embed")) wanted.append(key, value)
  wanted.sort()
  now.sort()
  if (wanted.toString() === now.toString()) return
  const kept = [...new URLSearchParams(here.search)].filter(([key]) => key.startsWith("embed"))
  const extra = kept.length ? `&${new URLSearchParams(kept)}` : ""
  const address = `${here.pathname}${query || extra ? "?" : ""}${query}${extra}${here.hash}`
  if (chosen) window.history.pushState({}, "", address)
  else window.history.replaceState(window.history.state, "", address)
}
