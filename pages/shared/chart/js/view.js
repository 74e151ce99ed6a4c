// @ts-check
// What is looked at, as the page says it: the last element of every page.
//
// It hands the view to the store, has the live route watch its runs, writes the address, and tells
// the page what was changed here.

import * as address from "./address.js"
import * as live from "./live.js"
import * as store from "./store.js"
import "./connection.js"
import "./texts.js"

/** @import { Component, Seen, Told, Watched } from "./types.js" */
/** @typedef {Told & { main: string | null }} TellPage */

/** @type {string | null} */
let page = null // which one is in view, as it says itself
let send = (/** @type {TellPage} */ _change) => {} // hands the page a change

/**
 * @typedef {{ page: string, query: string, steps: number, asked: string }} Address
 * @param {Component<Address & { view: Omit<Seen, "main">, live: Watched }>} component
 */
export function render({ data, setTriggerValue }) {
  page = data.page
  if (awaited === page) awaited = null
  send = (change) => setTriggerValue("change", change)
  store.onChange((/** @type {Told} */ change) => tell({ ...change, main: store.view.main }))
  store.see({ ...data.view, main: data.live.main })
  live.watch(data.live)
  address.write(data.page, data.query, data.steps, data.asked)
}

export function remove() {}

// --- when the page is told ------------------------------------------------------------------------
//
// Streamlit sends the page's name along with each change. While one goes to another page, that is
// still the old one, which would come back: wait until the new one is there. And wait while a script
// runs, which may be leading to another page, too.

// How long another page may take to come, in milliseconds: perhaps it was opened in another tab.
const COMES = 5000

/** @type {TellPage | null} */
let untold = null // the last change the page has not been told of; it holds those before
/** @type {string | null} */
let awaited = null // the page one goes to
/** @type {number | undefined} */
let coming // the timer after which it is awaited no longer
/** @type {number | undefined} */
let retry

/** @param {TellPage} change */
function tell(change) {
  untold = change
  attempt()
}

function attempt(pressed = false) {
  clearTimeout(retry)
  if (!untold) return
  /** @type {HTMLElement | null} */
  const app = document.querySelector("[data-testid=stApp]")
  const script = app?.dataset.testScriptState ?? ""
  const busy = !pressed && ["running", "rerunRequested"].includes(script)
  if (busy || awaited !== null) {
    retry = setTimeout(attempt, 50)
    return
  }
  const change = untold
  untold = null
  send(change)
}

/** @param {string} next */
function leave(next) {
  if (next === page && awaited === null) return
  awaited = next // who turns round on the way comes back to the page one is still on
  clearTimeout(coming)
  coming = setTimeout(() => (awaited = null), COMES)
}

/** @param {string} path */
function named(path) {
  return path.split("?")[0].split("/").pop() ?? ""
}

window.addEventListener("popstate", () => leave(named(window.location.pathname)))
document.addEventListener(
  "click",
  ({ target }) => {
    const within = target instanceof Element ? target : null
    const link = within?.closest("[data-testid=stPageLink-NavLink]")
    if (link) leave(named(link.getAttribute("href") ?? ""))
  },
  true,
)

// Before anything is pressed, the page is to know what was chosen here (store.js): at once.
window.addEventListener("pointerdown", () => attempt(true), true)
