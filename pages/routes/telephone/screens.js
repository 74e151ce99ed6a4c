// @ts-check
// What a telephone shows in each phase of a room. All that people brought is text, never markup.

import { add } from "../../shared/chart/js/elements.js"
import { error, fixedWithMinus, given, number } from "../../shared/chart/js/number_format.js"
import { counted, worded } from "../../shared/chart/js/sentences.js"
import { choice } from "./choice.js"
import { drawn } from "./map.js"
import { ends, predicted, said } from "./ratings.js"

/** @import { Cell, Revealed, State, Thing } from "./types.js" */
/** @import { Kept } from "./queue.js" */

/**
 * What the screens need of the page.
 * @typedef {object} Acts
 * @property {(item: number, value: number | null) => void} rate
 * @property {(cell: number, value: number | null) => void} guess
 * @property {(how: "one" | "list") => void} show
 * @property {(item: number) => void} open
 */

/** @type {(parent: HTMLElement, text: string, act: () => void, name?: string) => HTMLButtonElement} */
function press(parent, text, act, name = "") {
  const button = add(parent, "button", name, text)
  button.type = "button"
  button.onclick = act
  return button
}

// A heading that the keyboard and a screen reader go on from.
/** @type {(parent: HTMLElement, text: string, level?: "h2" | "h3") => HTMLElement} */
function heading(parent, text, level = "h2") {
  const made = add(parent, level, "", text)
  made.tabIndex = -1
  return made
}

/** @type {(parent: HTMLElement, thing: Thing) => void} */
function picture(parent, thing) {
  if (!thing.picture) return
  const image = add(parent, "img", "picture")
  image.src = thing.picture
  image.alt = "" // its name stands beside it
  image.onerror = () => image.remove()
}

/** @type {(parent: HTMLElement, done: number, of: number, text: string) => void} */
function progress(parent, done, of, text) {
  const line = add(parent, "p", "progress", text)
  const bar = add(line, "progress")
  Object.assign(bar, { max: Math.max(of, 1), value: done })
  bar.setAttribute("aria-hidden", "true") // the sentence says it
}

// --- before it begins -----------------------------------------------------------------------------

/** @type {(parent: HTMLElement, state: State) => void} */
export function lobby(parent, state) {
  heading(parent, worded("You are in, {name}.", { name: state.member.nickname }))
  add(parent, "p", "", worded("Wait here: rating begins when your teacher says so."))
  add(parent, "p", "muted", counted(
    "There is {n} thing to rate.", "There are {n} things to rate.", { n: state.things.length },
  ))
}

// --- rating ---------------------------------------------------------------------------------------

/** @param {Map<number, Kept>} answers */
export const rated = (answers) => [...answers.values()].filter(({ value }) => value !== null).length

// The first thing from `from` on that was neither rated nor passed by; null: there is none.
/** @type {(answers: Map<number, { value: unknown }>, n: number, from: number) => number | null} */
export function next(answers, n, from) {
  for (let step = 0; step < n; step++) {
    if (!answers.has((from + step) % n)) return (from + step) % n
  }
  return null
}

// One thing after the other; `at` null: all were seen. Returns how to show a changed answer.
/** @type {(parent: HTMLElement, state: State, answers: Map<number, Kept>, at: number | null, acts: Acts) => void} */
export function oneByOne(parent, state, answers, at, acts) {
  const { things, scale } = state
  const done = rated(answers)
  switcher(parent, "one", acts)
  progress(parent, done, things.length, worded("{n} of {of} rated", { n: done, of: things.length }))
  if (at === null) {
    finished(parent, state, answers, acts)
    return
  }
  const card = add(parent, "section", "card")
  picture(card, things[at])
  heading(card, things[at].name)
  const value = answers.get(at)?.value ?? null
  choice(card, scale, things[at].name, (chosen) => acts.rate(at, chosen))(value)
  if (!scale.words?.length) add(card, "p", "muted ends", ends(scale))
  const none = value === null ? worded("I don't know it") : worded("Take back")
  press(card, none, () => acts.rate(at, null), "quiet wide")
  const steps = add(parent, "nav", "steps")
  steps.setAttribute("aria-label", worded("Things to rate"))
  const back = press(steps, worded("Back"), () => acts.open((at + things.length - 1) % things.length), "quiet")
  back.disabled = at === 0
  add(steps, "span", "muted", `${at + 1} / ${things.length}`)
  const on = press(steps, worded("Next"), () => acts.open((at + 1) % things.length), "quiet")
  on.disabled = at === things.length - 1
}

/** @type {(parent: HTMLElement, state: State, answers: Map<number, Kept>, acts: Acts) => void} */
function finished(parent, { things }, answers, acts) {
  const card = add(parent, "section", "card")
  const [n, left] = [rated(answers), things.length - rated(answers)]
  heading(card, left ? worded("You have seen them all.") : worded("You have rated them all."))
  add(card, "p", "", counted("You rated {n} thing.", "You rated {n} things.", { n }))
  if (left) {
    add(card, "p", "muted", counted(
      "{n} is without a rating: that is fine, the model fills such gaps.",
      "{n} are without a rating: that is fine, the model fills such gaps.", { n: left },
    ))
  }
  press(card, worded("Look through the list"), () => acts.show("list"), "primary wide")
  add(card, "p", "muted", worded("You can change every rating until your teacher locks the room."))
}

// All things below each other. Returns how to show a changed answer.
/** @type {(parent: HTMLElement, state: State, answers: Map<number, Kept>, acts: Acts) => (item: number, value: number | null, n: number) => void} */
export function list(parent, state, answers, acts) {
  const { things, scale } = state
  switcher(parent, "list", acts)
  const place = add(parent, "div")
  const count = (/** @type {number} */ n) => {
    place.replaceChildren()
    progress(place, n, things.length, worded("{n} of {of} rated", { n, of: things.length }))
  }
  count(rated(answers))
  if (!scale.words?.length) add(parent, "p", "muted ends", ends(scale))
  const rows = add(parent, "ol", "list")
  const shows = things.map((thing, item) => {
    const row = add(rows, "li", "card")
    const head = add(row, "div", "head")
    picture(head, thing)
    heading(head, thing.name)
    const undo = press(head, worded("Take back"), () => acts.rate(item, null), "quiet")
    undo.setAttribute("aria-label", worded("Take back your rating of {thing}", { thing: thing.name }))
    const show = choice(row, scale, thing.name, (value) => acts.rate(item, value))
    return (/** @type {number | null} */ value) => {
      show(value)
      undo.hidden = value === null
    }
  })
  shows.forEach((show, item) => show(answers.get(item)?.value ?? null))
  return (item, value, n) => {
    shows[item]?.(value)
    count(n)
  }
}

/** @type {(parent: HTMLElement, how: "one" | "list", acts: Acts) => void} */
function switcher(parent, how, acts) {
  const group = add(parent, "div", "switcher")
  group.setAttribute("role", "group")
  group.setAttribute("aria-label", worded("How to rate"))
  for (const [which, text] of /** @type {const} */ ([["one", worded("One by one")], ["list", worded("As a list")]])) {
    const button = press(group, text, () => acts.show(which))
    button.setAttribute("aria-pressed", String(which === how))
  }
}

// --- locked: guess what others rated --------------------------------------------------------------

/** @type {(parent: HTMLElement, state: State, guesses: Map<number, Kept>, at: number | null, acts: Acts) => void} */
export function guessing(parent, state, guesses, at, acts) {
  const { cells = [], things, scale } = state
  if (!cells.length) {
    heading(parent, worded("Ratings are locked."))
    add(parent, "p", "", worded("Look at the projector: your teacher shows next what the model has learned."))
    return
  }
  progress(parent, guesses.size, cells.length, worded("{n} of {of} guessed", { n: guesses.size, of: cells.length }))
  const cell = at === null ? undefined : cells[at]
  if (!cell || at === null) {
    const card = add(parent, "section", "card")
    heading(card, worded("Thank you: all guessed."))
    add(card, "p", "", worded("Your teacher shows next who guesses better: the class, its average, or the model."))
    return
  }
  const card = add(parent, "section", "card")
  add(card, "p", "muted", worded("Ratings are locked. Can you predict your class? Some of its ratings were hidden."))
  if (cell.known.length) {
    add(card, "p", "", worded("Somebody in your class rated:"))
    known(card, cell, state)
  } else add(card, "p", "", worded("Of somebody in your class no other rating is known."))
  heading(card, worded("How did they rate {thing}?", { thing: things[cell.item]?.name ?? "" }))
  choice(card, scale, things[cell.item]?.name ?? "", (value) => acts.guess(cell.cell, value))(guesses.get(cell.cell)?.value ?? null)
  press(card, worded("I have no idea"), () => acts.guess(cell.cell, null), "quiet wide")
}

/** @type {(parent: HTMLElement, cell: Cell, state: State) => void} */
function known(parent, cell, { things, scale }) {
  const rows = add(parent, "ul", "known")
  for (const { item, value } of cell.known) {
    const row = add(rows, "li")
    add(row, "span", "", things[item]?.name ?? "")
    add(row, "strong", "", said(scale, value))
  }
}

// --- what came of it ------------------------------------------------------------------------------

/** @type {(parent: HTMLElement, state: State, base: string) => void} */
export function revealed(parent, state, base) {
  const { rev: reveal, member, things, scale } = state
  if (!reveal) {
    heading(parent, worded("One moment: the model is learning from your class."))
    return
  }
  heading(parent, worded("{name}, this is what the model learned of you.", { name: member.nickname }))
  if (reveal.point) {
    const part = section(parent, worded("You on the map of your class"))
    const others = reveal.map.members.filter(({ number }) => number !== member.number)
    const placed = reveal.map.items.map(([x, y], item) => ({ x, y, name: things[item]?.name ?? "" }))
    part.append(drawn(reveal.point, others, placed, reveal.classmates.map(({ name }) => name)))
    const key = add(part, "p", "muted key")
    for (const [name, text] of [
      ["you", worded("you")], ["member", worded("classmates")], ["thing", worded("things")],
    ]) add(key, "span", name, text)
    add(part, "p", "muted", worded("Who lies in one direction from the middle likes the same things."))
  } else {
    add(parent, "p", "", worded("You rated nothing, so the model knows nothing of you."))
  }
  if (reveal.classmates.length) {
    const part = section(parent, worded("Nearest to you"))
    table(part, [worded("Classmate"), worded("Similarity")],
      reveal.classmates.map(({ name, similarity }) => [name, fixedWithMinus(similarity, 2)]))
    add(part, "p", "muted", worded("1: the same taste; 0: nothing in common; below 0: the opposite."))
  }
  if (reveal.recommendations.length) {
    const part = section(parent, worded("You did not rate these; the model says you may like them"))
    table(part, [worded("Thing"), worded("Predicted")],
      reveal.recommendations.map((each) => [things[each.item]?.name ?? "", predicted(scale, each.predicted)]))
  }
  const told = reveal.guessed
  if (told.length) {
    const part = section(parent, worded("What the model had guessed before you rated"))
    const off = told.reduce((sum, each) => sum + Math.abs(each.guessed - each.rated), 0) / told.length
    add(part, "p", "", worded("On average it was {off} off.", { off: number(off) }))
    table(part, [worded("Thing"), worded("Guessed"), worded("You said")],
      told.map((each) => [
        things[each.item]?.name ?? "", predicted(scale, each.guessed), given(each.rated),
      ]))
  }
  contest(parent, reveal)
  home(parent, reveal, base)
}

// Who guessed the hidden ratings best: on the same ones as oneself.
/** @type {(parent: HTMLElement, reveal: Revealed) => void} */
function contest(parent, { scores, class_scores }) {
  const found = scores?.n_pairs ? scores : class_scores
  if (!found?.n_pairs) return
  const own = found === scores
  const part = section(parent, worded("Predict the class: who guessed best?"))
  const rows = /** @type {[string, number | null][]} */ ([
    [own ? worded("You") : worded("Your class"), found.guesses],
    [worded("The model"), found.model],
    [worded("The average of each thing"), found.mean],
  ]).sort(([, a], [, b]) => Number(a) - Number(b))
  table(part, [worded("Who guessed"), worded("RMSE")], rows.map(([name, rmse]) => [name, error(Number(rmse))]))
  add(part, "p", "muted", counted(
    "On the same {n} hidden rating; smaller is better.",
    "On the same {n} hidden ratings; smaller is better.", { n: found.n_pairs },
  ))
}

/** @type {(parent: HTMLElement, text: string) => HTMLElement} */
function section(parent, text) {
  const made = add(parent, "section", "card")
  heading(made, text, "h3")
  return made
}

/** @type {(parent: HTMLElement, headings: string[], rows: string[][]) => void} */
function table(parent, headings, rows) {
  const made = add(parent, "table")
  const head = add(add(made, "thead"), "tr")
  for (const text of headings) add(head, "th", "", text).scope = "col"
  const body = add(made, "tbody")
  for (const row of rows) {
    const line = add(body, "tr")
    row.forEach((text, column) => {
      if (column) add(line, "td", "", text)
      else add(line, "th", "", text).scope = "row"
    })
  }
}

/** @type {(parent: HTMLElement, reveal: Revealed, base: string) => void} */
function home(parent, { link, receipt, handout }, base) {
  const part = section(parent, worded("Take home"))
  for (const [address, text] of [
    [handout, worded("The hand-out, to read offline")], [link && `${base}/latent?${link}`, worded("Open the model in Factorscope")],
  ]) {
    const path = address && here(address)
    if (path) add(add(part, "p"), "a", "button", text).href = path
  }
  if (receipt) {
    const label = add(part, "label", "", worded("The receipt: it says what was run, and can be replayed."))
    const field = add(label, "textarea")
    Object.assign(field, { readOnly: true, rows: 3, value: receipt })
    field.onfocus = () => field.select()
  }
}

// An address on this server, and no other; else "".
/** @param {string} address */
function here(address) {
  try {
    const { origin, href } = new URL(address, location.href)
    return origin === location.origin ? href : ""
  } catch {
    return ""
  }
}
