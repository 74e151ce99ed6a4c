// @ts-check
// Presentation: big type, one part of the page at a time, and then the views that were chosen.
//
// Nothing of the page is drawn anew: what is not shown is marked (`data-fs-off`), and the styles
// below hide it. Controls stay where the keyboard finds them, and are seen once it is on them.

import * as address from "./address.js"
import { announcer } from "./announcer.js"
import { child } from "./elements.js"
import { enlargeTo, LEAST } from "./enlarge.js"
import { speak } from "./language.js"
import { worded } from "./sentences.js"
import { add, lettersOn, meaning, move, parts, position, remove as drop, slides, step, switchLetters } from "./slides.js"
import "./style.js"

/** @import { Component } from "./types.js" */
/** @import { Block, Place, Slide } from "./slides.js" */
/** @typedef {{ name: string, elements: HTMLElement[] }} Part */

const root = document.documentElement

let presenting = false
/** @type {Place} */
let place = { slide: null, part: 0 }
let wanted = "" // the name of the part to be shown, once it is there
/** @type {HTMLElement | null} */
let began = null // what had the keyboard before

// --- the button -----------------------------------------------------------------------------------

/** In which language each place was drawn. @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap()

/** @param {Component<{ language: string }>} component */
export function render({ parentElement, data }) {
  speak(data.language)
  if (shown.get(parentElement) !== data.language) draw(parentElement, data.language)
  if (presenting) arrange()
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  shown.delete(parentElement)
}

/** @type {(parentElement: HTMLElement, language: string) => void} */
function draw(parentElement, language) {
  shown.set(parentElement, language)
  parentElement.replaceChildren()
  const box = parentElement.appendChild(document.createElement("div"))
  box.className = "fs-share fs-present"
  box.innerHTML = `<button type="button" aria-haspopup="dialog" aria-expanded="false">${worded("Present")}</button>`
  const button = child(box, "button")
  button.title = worded("Big type, one thing at a time")
  button.onclick = () => open(button)
}

/** @type {HTMLElement | null} */
let menu = null

// What can be chosen: start, add, order, remove; and whether letters are keys.
/** @param {HTMLElement} button */
function open(button) {
  if (!menu) {
    menu = document.createElement("div")
    menu.className = "fs-slides"
    menu.id = "fs-slides"
    menu.setAttribute("popover", "auto")
    menu.setAttribute("role", "dialog")
    document.body.append(menu)
    menu.addEventListener("toggle", (event) => {
      const open = /** @type {ToggleEvent} */ (event).newState === "open"
      document.querySelector(".fs-present button")?.setAttribute("aria-expanded", String(open))
    })
    // What is pressed within it must not reach the page, where letters are keys.
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        menu?.hidePopover()
        document.querySelector(/** @type {"button"} */ (".fs-present button"))?.focus()
        event.preventDefault()
      }
      event.stopPropagation()
    })
  }
  list()
  const { right, bottom } = button.getBoundingClientRect()
  menu.style.top = `${bottom + 6}px`
  menu.style.right = `${Math.max(window.innerWidth - right, 8)}px`
  menu.togglePopover()
  if (menu.matches(":popover-open")) child(menu, "button").focus()
}

function list() {
  if (!menu) return
  menu.setAttribute("aria-label", worded("Presentation"))
  const chosen = slides()
  menu.innerHTML = `
    <p>${worded("Big type, one part of the page at a time: <kbd>→</kbd> goes on, <kbd>←</kbd> back, <kbd>Esc</kbd> leaves.")}</p>
    <div><button type="button" class="fs-start">${worded("Start")}</button>
      <button type="button" class="fs-add">${worded("Add this view")}</button></div>
    <p class="fs-none">${worded("After the parts of the page come the views that you add here.")}</p>
    <ol></ol>
    <label><input type="checkbox"> ${worded("Keys: <kbd>p</kbd> starts and leaves, <kbd>a</kbd> adds")}</label>`
  const press = (/** @type {string} */ name, /** @type {() => void} */ act) => {
    const button = /** @type {HTMLButtonElement} */ (menu?.querySelector(name))
    button.onclick = act
    return button
  }
  press(".fs-start", () => start())
  press(".fs-add", () => {
    say(added())
    list()
    const again = /** @type {HTMLElement | null} */ (menu?.querySelector(".fs-add"))
    again?.focus()
  })
  const none = /** @type {HTMLElement} */ (menu.querySelector(".fs-none"))
  none.hidden = chosen.length > 0
  const letters = child(menu, "input")
  letters.checked = lettersOn()
  letters.onchange = () => switchLetters(letters.checked)
  const rows = child(menu, "ol")
  chosen.forEach((slide, i) => {
    const row = rows.appendChild(document.createElement("li"))
    const title = row.appendChild(document.createElement("button"))
    title.type = "button"
    title.className = "fs-slide"
    title.textContent = slide.title
    title.onclick = () => start(i)
    const act = (/** @type {string} */ sign, /** @type {string} */ what, /** @type {() => number} */ change) => {
      const button = row.appendChild(document.createElement("button"))
      button.type = "button"
      button.textContent = sign
      button.setAttribute("aria-label", `${what}: ${slide.title}`)
      button.title = what
      button.onclick = () => {
        const to = change()
        list()
        const again = menu?.querySelectorAll("li")[to]?.querySelectorAll("button")
        const same = [...(again ?? [])].find(({ title }) => title === what)
        ;(same?.disabled ? again?.[0] : (same ?? menu?.querySelector("button")))?.focus()
      }
      return button
    }
    act("↑", worded("Earlier"), () => move(i, -1)).disabled = i === 0
    act("↓", worded("Later"), () => move(i, 1)).disabled = i === chosen.length - 1
    act("✕", worded("Remove"), () => (drop(i), Math.min(i, chosen.length - 2)))
  })
}

// The view as it is, with the part that is shown; what is to be said of it.
function added() {
  const { pathname, search } = window.location
  const part = presenting ? found[shownPart()] : parted()[0]
  const slide = { path: pathname, query: search, part: part?.name ?? "", title: titleOf(part) }
  return add(slide)
    ? worded("Added: {title}.", { title: slide.title })
    : worded("This view is the last one already.")
}

/** @param {Part | undefined} part */
function titleOf(part) {
  const page = document.querySelector("[data-testid=stMain] h1")?.textContent?.trim() ?? ""
  const chart = part?.elements.map((each) => each.querySelector(".fs-chart")).find(Boolean)
  const said = chart?.querySelector(".gtitle")?.textContent || chart?.getAttribute("aria-label") || ""
  const what = said.split(";")[0].trim()
  return (what ? `${page}: ${what}` : page).slice(0, 120)
}

// --- presenting -----------------------------------------------------------------------------------

/** @type {HTMLElement | null} */
let bar = null
/** @type {Part[]} */
let found = [] // the parts of the page in view
/** @type {MutationObserver | null} */
let watching = null

// Start with the part that is seen; with `slide`, with one of the views chosen.
/** @param {number | null} [slide] */
export function start(slide = null) {
  if (menu?.matches(":popover-open")) menu.hidePopover()
  if (presenting) return
  presenting = true
  began = document.activeElement instanceof HTMLElement ? document.activeElement : null
  root.dataset.fsPresenting = ""
  place = { slide, part: 0 }
  wanted = ""
  bar ??= makeBar()
  bar.hidden = false
  watching = new MutationObserver((changes) => {
    if (changes.some(({ target }) => !(/** @type {Element} */ (target).closest?.(".fs-chart")))) soon()
  })
  const main = document.querySelector("[data-testid=stApp]")
  if (main) watching.observe(main, { childList: true, subtree: true })
  began?.blur()
  window.scrollTo(0, 0)
  if (slide === null) arrange(true)
  else show()
}

export function leave() {
  if (!presenting) return
  presenting = false
  watching?.disconnect()
  watching = null
  delete root.dataset.fsPresenting
  unmark()
  if (bar) bar.hidden = true
  enlargeTo(1, null)
  const back = began?.isConnected ? began : document.querySelector(".fs-present button")
  if (back instanceof HTMLElement) back.focus({ preventScroll: true })
}

/** @param {1 | -1} by */
function go(by) {
  const next = step(place, by, found.length, slides().length)
  if (next.slide === place.slide && next.part === place.part) {
    const ends = by > 0 ? worded("This is the last view.") : worded("This is the first view.")
    say(ends)
    return
  }
  place = next
  wanted = ""
  show()
}

// Show the place one is at: a part of this page, or another view.
function show() {
  const slide = place.slide === null ? undefined : slides()[place.slide]
  if (slide) {
    wanted = slide.part
    address.visit(slide.path, slide.query)
  }
  arrange(true)
}

/** @type {number | undefined} */
let coming

// The page changes: arrange it anew with the next picture.
function soon() {
  cancelAnimationFrame(coming ?? 0)
  coming = requestAnimationFrame(() => presenting && arrange())
}

function shownPart() {
  if (place.slide === null) return Math.min(place.part, Math.max(found.length - 1, 0))
  const at = found.findIndex(({ name }) => name === wanted)
  return Math.max(at, 0)
}

let told = "" // what was said last

/** @param {boolean} [moved] */
function arrange(moved = false) {
  found = parted()
  const part = found[shownPart()]
  mark(part)
  root.toggleAttribute("data-fs-chart", !!part?.elements.some((each) => each.querySelector(".fs-chart")))
  fill(part)
  const where = position(place, found.length, slides().length)
  const title = titleOf(undefined)
  const slide = place.slide === null ? undefined : slides()[place.slide]
  if (bar) {
    const [at, what] = [bar.querySelector(".fs-at"), bar.querySelector(".fs-title")]
    if (at && at.textContent !== where) at.textContent = where
    if (what && what.textContent !== title) what.textContent = title
  }
  const chart = part?.elements.map((each) => each.querySelector(".fs-chart")).find(Boolean)
  const said = `${where.replace("/", worded("of"))}: ${slide?.title ?? chart?.getAttribute("aria-label") ?? title}`
  if (moved && said !== told) {
    told = said
    say(said)
  }
}

// Big type, and the chart as high as there is room for beside the texts of its part.
/** @param {Part | undefined} part */
function fill(part) {
  const size = parseFloat(getComputedStyle(root).fontSize)
  const chart = part?.elements.find((each) => each.querySelector(".fs-chart"))
  let height = 0
  if (chart) {
    const texts = part?.elements.filter((each) => each !== chart) ?? []
    const gap = size
    const used = [...texts, ...document.querySelectorAll("[data-fs-always]")].reduce(
      (sum, each) => sum + each.getBoundingClientRect().height + gap, 0,
    )
    const bars = (bar?.getBoundingClientRect().height ?? 0) + 2 * gap
    height = Math.max(Math.floor(window.innerHeight - used - bars), Math.min(320, window.innerHeight))
  }
  const sign = `${size} ${height}`
  if (sign === filled && !moving()) return
  filled = sign
  root.style.setProperty("--fs-fill", `${height}px`)
  enlargeTo(size / USUAL, height ? () => height : null)
}

let filled = ""
// The page's own size of type, in pixels (.streamlit/config.toml).
const USUAL = 14

// Whether a chart is shown that was not drawn yet, or not for its present size.
function moving() {
  const want = parseFloat(root.style.getPropertyValue("--fs-fill"))
  const shown = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("[data-fs-path=shown] .fs-chart")
  )
  return [...shown].some(
    (each) => each.dataset.aside !== undefined || Math.abs(each.clientHeight - want) > 2,
  )
}

// --- the parts of the page ------------------------------------------------------------------------

const CONTROLS = [
  "button:not([data-testid=stTooltipHoverTarget] + button)", "input", "textarea", "select",
].join(", ")

// The parts that the page has now.
/** @returns {Part[]} */
function parted() {
  const main = document.querySelector("[data-testid=stMainBlockContainer]")
  unmark()
  /** @type {Block<HTMLElement>[]} */
  const blocks = []
  if (main) visit(/** @type {HTMLElement} */ (main), blocks)
  return parts(blocks)
}

/** @type {(element: HTMLElement, blocks: Block<HTMLElement>[]) => void} */
function visit(element, blocks) {
  const id = element.dataset.testid ?? ""
  const key = [...element.classList].find((name) => name.startsWith("st-key-"))?.slice(7) ?? ""
  if (key === "page_head" || id === "stExpander") return
  const charts = element.querySelector(".fs-chart")
  if (key.endsWith("_chart") && charts) {
    blocks.push({ kind: "piece", element, name: key })
    return
  }
  if (id === "stElementContainer") {
    if (element.querySelector("[data-testid=stDataFrame], [data-testid=stTable]")) {
      const name = key || `table ${blocks.filter(({ kind }) => kind === "piece").length}`
      blocks.push({ kind: "piece", element, name })
    } else if (isText(element)) {
      if (element.querySelector("[data-fs=sentence]")) element.dataset.fsAlways = ""
      else blocks.push({ kind: isHeading(element) ? "heading" : "text", element })
    }
    return
  }
  const piece = element.querySelector(".fs-chart, [data-testid=stDataFrame], [data-testid=stTable]")
  // A form, or a row of buttons: what is written there explains them.
  if (id !== "stMainBlockContainer" && !piece && element.querySelector(CONTROLS)) {
    // But what it is headed by may head what is below it.
    for (const each of element.querySelectorAll("[data-testid=stElementContainer]")) {
      const inner = /** @type {HTMLElement} */ (each)
      if (inner.closest(".st-key-page_head")) continue // the bar says it
      if (isText(inner) && isHeading(inner)) blocks.push({ kind: "heading", element: inner })
    }
    return
  }
  for (const inner of element.children) {
    if (inner instanceof HTMLElement) visit(inner, blocks)
  }
  if (id === "stColumn") blocks.push({ kind: "edge", element: null })
}

const TEXTS = ["stMarkdown", "stHtml", "stHeading", "stMetric", "stAlert", "stText"]

/** @param {HTMLElement} element */
function isText(element) {
  const inner = TEXTS.map((id) => element.querySelector(`[data-testid=${id}]`)).find(Boolean)
  if (!inner || element.querySelector("button, input, textarea")) return false
  return inner.innerHTML.replace(/<style[^]*?<\/style>/g, "").replace(/<[^>]*>/g, "").trim() !== ""
}

/** @param {HTMLElement} element */
function isHeading(element) {
  if (element.querySelector("h1, h2, h3, h4")) return true
  const first = element.querySelector("p")?.firstChild
  return first instanceof HTMLElement && first.tagName === "STRONG"
}

function unmark() {
  for (const each of document.querySelectorAll("[data-fs-off], [data-fs-aside], [data-fs-path]")) {
    for (const name of ["data-fs-off", "data-fs-aside", "data-fs-path"]) each.removeAttribute(name)
  }
}

// Mark what is not shown, what leads to what is, and where only controls are.
/** @param {Part | undefined} part */
function mark(part) {
  const main = document.querySelector("[data-testid=stMainBlockContainer]")
  if (!main) return
  const keep = new Set([...(part?.elements ?? []), ...main.querySelectorAll("[data-fs-always]")])
  /** @param {Element} element */
  const within = (element) => [...keep].some((each) => element.contains(each))
  /** @param {Element} element */
  const walk = (element) => {
    for (const each of element.children) {
      if (keep.has(/** @type {HTMLElement} */ (each))) each.setAttribute("data-fs-path", "shown")
      else if (within(each)) {
        each.setAttribute("data-fs-path", "")
        walk(each)
      } else if (each.querySelector(".fs-chart, [data-testid=stDataFrame]") || !each.querySelector(CONTROLS)) {
        each.setAttribute("data-fs-off", "")
      } else each.setAttribute("data-fs-aside", "")
    }
  }
  walk(main)
}

// --- the bar at the foot --------------------------------------------------------------------------

function makeBar() {
  const made = document.createElement("nav")
  made.className = "fs-bar"
  made.setAttribute("aria-label", worded("Presentation"))
  made.innerHTML = `<span class="fs-title"></span><span class="fs-at"></span>
    <button type="button" aria-label="${worded("Back")}">‹</button><button type="button" aria-label="${worded("Go on")}">›</button>
    <button type="button" aria-label="${worded("Leave the presentation")}">✕</button>`
  const [back, on, out] = made.querySelectorAll("button")
  back.onclick = () => go(-1)
  on.onclick = () => go(1)
  out.onclick = leave
  document.body.append(made)
  announcer()
  return made
}

/** @param {string} text */
function say(text) {
  const place = announcer()
  place.textContent = ""
  requestAnimationFrame(() => (place.textContent = text))
}

// --- keys -----------------------------------------------------------------------------------------

const WRITES = "input:not([type=button], [type=checkbox], [type=radio]), textarea, select, " +
  "[contenteditable]:not([contenteditable=false]), [role=slider], [role=textbox], [role=combobox], " +
  "[role=spinbutton], [data-testid=stDataFrame], [data-testid=stDataFrameGlideDataEditor], #portal"
const MOVES = "[role=radio], [role=radiogroup], [role=tab], [role=menu], [role=menuitem], " +
  "[role=listbox], [role=option], [role=dialog], [role=application], button, a[href], summary, input"

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : null
  const where = {
    writes: !!target?.closest(WRITES) || !!document.querySelector("[role=dialog]:not([popover])"),
    moves: !!target?.closest(MOVES) && !target.closest(".fs-bar") && !target.closest(".fs-chart"),
  }
  const means = meaning(event, where, { presenting, letters: lettersOn() })
  if (!means) return
  if (means === "play" && (target?.closest("button") || !play())) return
  else if (means === "toggle") presenting ? leave() : start()
  else if (means === "add") say(added())
  else if (means === "next") go(1)
  else if (means === "before") go(-1)
  else if (means === "leave") leave()
  event.preventDefault()
})

// Play or pause the run in view; whether there is one.
function play() {
  /** @type {HTMLButtonElement | null} */
  const button = document.querySelector(".st-key-play button, .st-key-card_play button")
  if (!button || button.disabled) return false
  button.click()
  return true
}

window.addEventListener("resize", () => presenting && soon())

// --- how it looks ---------------------------------------------------------------------------------

const sheet = document.createElement("style")
sheet.textContent = `
.fs-slides { position: fixed; inset: auto; margin: 0; width: 24rem; max-width: calc(100vw - 16px);
  max-height: 80vh; overflow: auto; padding: .8rem 1rem; border-radius: 6px;
  color: var(--fs-ink); background: var(--fs-paper); border: 1px solid var(--fs-muted);
  font-family: "Source Sans", sans-serif; font-size: .93rem; line-height: 1.45; }
.fs-slides p { margin: 0 0 .6rem; }
.fs-slides ol { margin: .6rem 0; }
.fs-slides ol { counter-reset: slide; list-style: none; padding: 0; }
.fs-slides li { display: flex; align-items: center; gap: .25rem; counter-increment: slide; }
.fs-slides li::before { content: counter(slide) "."; }
.fs-slides .fs-slide { flex: 1; min-width: 0; text-align: left; border: none;
  text-decoration: underline; overflow-wrap: anywhere; }
.fs-slides button { font: inherit; min-height: 2rem; min-width: 2rem; padding: 0 .5em;
  cursor: pointer; color: inherit; background: none; border: 1px solid var(--fs-muted);
  border-radius: 6px; }
.fs-slides button:disabled { opacity: .4; cursor: default; }
.fs-slides kbd { border: 1px solid var(--fs-muted); border-radius: 3px; padding: 0 .3em;
  font-family: inherit; }
.fs-slides label { display: flex; gap: .5em; align-items: center; }
.fs-slides input { accent-color: var(--fs-accent); width: 1.1rem; height: 1.1rem; }
/* A telephone is no projector: there is no room in its head for one more button. */
@media (max-width: 640px) { .st-key-present_place { display: none; } }

.fs-bar { position: fixed; inset: auto 0 0; z-index: 999990; display: flex; align-items: center;
  gap: 1rem; height: 2.4rem; padding: 0 1.25rem; color: var(--fs-muted);
  background: var(--fs-paper); font-family: "Source Sans", sans-serif; font-size: .85rem; }
.fs-bar[hidden] { display: none; }
.fs-bar .fs-title { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.fs-bar .fs-at { font-variant-numeric: tabular-nums; }
.fs-bar button { font: inherit; min-width: 44px; min-height: 2rem; color: inherit; background: none;
  border: none; border-radius: 6px; cursor: pointer; }
.fs-bar button:is(:hover, :focus-visible) { color: var(--fs-ink); }

html[data-fs-presenting] { font-size: clamp(23.2px, 1.25vw, 40px) !important; }
/* Beyond the screen, and not without a size: a chart may be in the middle of being drawn. */
[data-fs-presenting] [data-fs-off] { position: fixed !important; visibility: hidden !important;
  left: -300vw !important; top: 0; width: 60vw !important; }
[data-fs-presenting] [data-fs-path] { max-width: none !important; min-width: 0 !important; }
[data-fs-presenting] :is([data-testid=stColumn], [data-testid=stLayoutWrapper],
  [data-testid=stVerticalBlock], [data-testid=stHorizontalBlock])[data-fs-path] {
  height: auto !important; }
[data-fs-presenting] :is([data-testid=stColumn], [data-testid=stLayoutWrapper],
  [data-testid=stVerticalBlock])[data-fs-path] { width: 100% !important; flex: 1 1 100% !important; }
[data-fs-presenting] [data-testid=stMainBlockContainer] { padding: 1rem 1.25rem 2.6rem !important;
  max-width: none !important; }
[data-fs-presenting] [data-testid=stMain] { overflow-x: hidden; }

/* Controls: where the keyboard finds them, seen once it is on them. */
[data-fs-presenting] :is([data-testid=stSidebar], [data-testid=stHeader],
  [data-fs-aside], [role=tablist],
  [data-fs-path] [class*="_twin"], [data-fs-path] .st-key-curves_view,
  [data-testid=stElementToolbar]):not(:focus-within) { position: absolute !important;
  width: 1px !important; height: 1px !important; min-width: 0 !important; min-height: 0 !important;
  overflow: hidden !important; clip-path: inset(50%); }
[data-fs-presenting] [data-fs-aside]:focus-within { position: fixed !important;
  inset: auto auto 2.8rem 1.25rem !important; width: auto !important; height: auto !important;
  max-width: calc(100vw - 2.5rem); max-height: 60vh; overflow: auto; z-index: 999991; padding: .5rem; border-radius: 6px;
  background: var(--fs-paper); box-shadow: 0 0 0 1px var(--fs-muted); }

/* A chart as high as there is room for. */
[data-fs-presenting] [data-fs-path=shown]:has(.fs-chart),
[data-fs-presenting] [data-fs-path=shown] :is(.fs-chart, :has(.fs-chart)) {
  height: var(--fs-fill) !important; max-height: none !important; }
[data-fs-presenting] [data-fs-path=shown] [data-testid=stElementContainer]:has(.fs-chart) {
  flex: 0 0 var(--fs-fill) !important; }
[data-fs-presenting] .fs-chart .modebar { display: none; }
[data-fs-presenting] :is(.fs-more, .fs-notice) { font-size: ${LEAST}px; }
/* Streamlit draws tables on a canvas, whose type does not grow with the page's. */
[data-fs-presenting] [data-testid=stDataFrame] { zoom: 1.7; }
[data-fs-presenting] [data-fs-path=shown]:has([data-testid=stDataFrame]) {
  width: calc((100vw - 2.6rem) / 1.7) !important; height: auto !important; flex: 0 0 auto !important;
  overflow: visible !important; }
[data-fs-presenting] [data-fs-path=shown] :has(> [data-testid=stDataFrame]) {
  height: auto !important; overflow: visible !important; }
`
document.head.append(sheet)
