// The address bar: one entry of history for each choice, and this the only writer.

let written = null // what was written last

// Have the address say `query`. `steps` counts the choices made so far: a choice on the same page is
// an entry of its own, all else changes the entry there is.
export function write(page, query, steps) {
  const here = window.location
  const chosen = page === written?.page && steps > written.steps
  written = { page, steps }
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
