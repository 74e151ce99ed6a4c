// @ts-check
// What a presentation shows: the views that were chosen for it, kept by this browser, and the parts
// of one page, one after the other.

/** @typedef {{ path: string, query: string, part: string, title: string }} Slide */

const KEPT = "factorscope.presentation"
const KEYS = "factorscope.keys"

// As many as one can talk about, and a text that every browser keeps.
export const MOST = 60

// --- the views chosen -----------------------------------------------------------------------------

/** @type {Map<string, string>} */
const here = new Map() // where the browser keeps nothing: as long as the page

/** @type {(name: string) => string | null} */
function kept(name) {
  try {
    return globalThis.localStorage.getItem(name)
  } catch {
    return here.get(name) ?? null
  }
}

/** @type {(name: string, text: string) => void} */
function keep(name, text) {
  try {
    globalThis.localStorage.setItem(name, text)
  } catch {
    here.set(name, text)
  }
}

// The views chosen, in order. What another version, or a person, has written there is no reason to
// fail: what is not understood is left out.
/** @returns {Slide[]} */
export function slides() {
  try {
    const found = JSON.parse(kept(KEPT) ?? "[]")
    return Array.isArray(found) ? found.filter(isSlide).slice(0, MOST) : []
  } catch {
    return []
  }
}

/** @param {any} slide @returns {slide is Slide} */
function isSlide(slide) {
  const texts = [slide?.path, slide?.query, slide?.part, slide?.title]
  // A path of this server's alone.
  return texts.every((text) => typeof text === "string") && /^\/(?!\/)[\w\-./]*$/.test(slide.path)
}

/** @param {Slide[]} list */
function choose(list) {
  keep(KEPT, JSON.stringify(list.slice(0, MOST)))
}

// Add a view at the end; false where it is the last one already, or there are too many.
/** @param {Slide} slide */
export function add(slide) {
  const list = slides()
  const last = list.at(-1)
  if (list.length >= MOST || (last && same(last, slide))) return false
  choose([...list, slide])
  return true
}

/** @param {number} at */
export function remove(at) {
  choose(slides().filter((_, i) => i !== at))
}

// Move a view by so many places; returns where it then is.
/** @type {(at: number, by: number) => number} */
export function move(at, by) {
  const list = slides()
  const to = Math.min(Math.max(at + by, 0), list.length - 1)
  const [slide] = list.splice(at, 1)
  if (slide) list.splice(to, 0, slide)
  choose(list)
  return to
}

/** @type {(one: Slide, other: Slide) => boolean} */
export function same(one, other) {
  return one.path === other.path && one.query === other.query && one.part === other.part
}

// Whether the keys that are letters do something.
export function lettersOn() {
  return kept(KEYS) !== "off"
}

/** @param {boolean} on */
export function switchLetters(on) {
  keep(KEYS, on ? "on" : "off")
}

// --- the way through ------------------------------------------------------------------------------

// Where one is: at a part of the page in view, or at a view that was chosen.
/** @typedef {{ slide: number | null, part: number }} Place */

// The next place, or the one before; the same at either end. First come the parts of the page that
// one began on, then the views chosen.
/** @type {(at: Place, by: 1 | -1, nParts: number, nSlides: number) => Place} */
export function step({ slide, part }, by, nParts, nSlides) {
  if (slide === null) {
    const next = part + by
    if (next >= 0 && next < nParts) return { slide: null, part: next }
    if (by > 0 && nSlides) return { slide: 0, part: 0 }
    return { slide, part }
  }
  const next = slide + by
  return next >= 0 && next < nSlides ? { slide: next, part: 0 } : { slide, part }
}

// What is said of a place: “2 / 5”.
/** @type {(at: Place, nParts: number, nSlides: number) => string} */
export function position({ slide, part }, nParts, nSlides) {
  return slide === null ? `${part + 1} / ${Math.max(nParts, 1)}` : `${slide + 1} / ${nSlides}`
}

// --- the parts of a page --------------------------------------------------------------------------

/**
 * What a page consists of, in order. A piece is a chart or a table; a text belongs to the piece above
 * it, unless it begins with a heading: then to the one below. Between columns there is an “edge”.
 * @template E
 * @typedef {{ kind: "piece" | "text" | "heading" | "edge", element: E | null, name?: string }} Block
 */

// The parts: each one piece, and the texts that belong to it. Where there is no piece, all texts
// are one part.
/**
 * @template E
 * @param {Block<E>[]} blocks
 * @returns {{ name: string, elements: E[] }[]}
 */
export function parts(blocks) {
  /** @type {{ name: string, elements: E[] }[]} */
  const found = []
  /** @type {E[]} */
  let ahead = [] // texts that wait for the piece below them
  let says = false // whether they are more than headings
  let follows = false // whether a text belongs to the piece above
  for (const { kind, element, name } of blocks) {
    if (kind === "edge") {
      // A column ends: what waits there has no piece below it.
      if (follows) {
        if (says) found[found.length - 1].elements.push(...ahead)
        ahead = []
        says = false
      }
      follows = false
    } else if (kind === "piece" && element !== null) {
      found.push({ name: name ?? "", elements: [...ahead, element] })
      ahead = []
      says = false
      follows = true
    } else if (element !== null) {
      if (kind === "text" && follows && !ahead.length) found[found.length - 1].elements.push(element)
      else {
        ahead.push(element)
        says ||= kind === "text"
      }
    }
  }
  if (found.length && says) found[found.length - 1].elements.push(...ahead)
  else if (!found.length && ahead.length) found.push({ name: "", elements: ahead })
  return found
}

// --- keys -----------------------------------------------------------------------------------------

/** @typedef {"toggle" | "add" | "next" | "before" | "leave" | "play"} Meaning */

/** @type {Record<string, Meaning>} */
const WHILE_PRESENTING = {
  ArrowRight: "next", PageDown: "next", ArrowLeft: "before", PageUp: "before", Escape: "leave",
  " ": "play",
}

// What a key asks for; null: nothing. Letters do nothing where they are switched off, or where one
// writes or slides; nothing does anything that a chart or a menu has taken for itself.
/**
 * @typedef {{
 *   key: string, altKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, shiftKey?: boolean,
 *   defaultPrevented?: boolean, repeat?: boolean, isComposing?: boolean,
 * }} Pressed
 * @type {(pressed: Pressed, where: { writes: boolean, moves: boolean }, how: { presenting: boolean, letters: boolean }) => Meaning | null}
 */
export function meaning(pressed, { writes, moves }, { presenting, letters }) {
  const { key, altKey, ctrlKey, metaKey, defaultPrevented, isComposing } = pressed
  if (altKey || ctrlKey || metaKey || defaultPrevented || isComposing) return null
  if (key === "p" || key === "P" || key === "a" || key === "A") {
    if (!letters || writes || pressed.repeat) return null
    return key.toLowerCase() === "p" ? "toggle" : "add"
  }
  if (!presenting) return null
  const means = WHILE_PRESENTING[key] ?? null
  if (means === "leave") return "leave"
  return writes || moves ? null : means
}
