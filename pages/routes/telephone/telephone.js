// @ts-check
// A telephone in a room: joins, rates, and hears what the class and its teacher do.
//
// It works over plain http, and over a network that comes and goes: what was answered waits in
// localStorage (queue.js) until the server has it.

import { add } from "../../shared/chart/js/elements.js"
import { speak } from "../../shared/chart/js/language.js"
import { counted, worded } from "../../shared/chart/js/sentences.js"
import { Listener, pause, Sender } from "./connection.js"
import { Queue, sturdy } from "./queue.js"
import * as screens from "./screens.js"
import { steps } from "./ratings.js"

/** @import { Reply, State } from "./types.js" */
/** @import { Acts } from "./screens.js" */

speak(document.documentElement.lang)

/** @type {(id: string) => HTMLElement} */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
const [main, status, title, who] = [place("main"), place("status"), place("title"), place("who")]
const heading = title.textContent // of a room without a title
const { base = "", code = "", kind = "member" } = document.body.dataset
const room = `${location.origin}${base}/r/${code}`

const PREFIX = `fs-room-${code}-`
// Milliseconds between two questions for what is new: all telephones together must not ask a small
// computer at each rating of each of them.
const CALM = { lobby: 1000, rating: 2000, locked: 1000, reveal: 1000 }
// A question is held up to 25 s; one that is not answered in this time is lost.
const HELD = 40_000
const ANSWERED = 15_000

/** @type {Storage | null} */
let local = null
try {
  local = localStorage
} catch {
  // the browser keeps nothing for this page
}
const storage = sturdy(local)

/** @type {State | null} */
let state = null
/** @type {"one" | "list"} */
let how = "one"
/** @type {number | null} */
let at = 0 // the thing, or the cell, in view; null: all were seen
let shown = "" // which screen is drawn
let offline = false
/** @type {((item: number, value: number | null, n: number) => void) | null} */
let row = null // how the list shows a changed answer
/** @type {Queue | null} */
let answers = null
/** @type {Queue | null} */
let guesses = null
/** @type {Sender | null} */
let sending = null
/** @type {Sender | null} */
let telling = null

// --- the server -----------------------------------------------------------------------------------

/** @type {(method: string, path: string, body?: unknown, patience?: number, control?: AbortController) => Promise<Reply>} */
async function request(method, path, body, patience = ANSWERED, control = new AbortController()) {
  const timer = setTimeout(() => control.abort(), patience)
  try {
    const reply = await fetch(room + path, {
      method,
      signal: control.signal,
      cache: "no-store",
      credentials: "same-origin",
      // What is under way when the page is closed still arrives.
      keepalive: method !== "GET",
      ...(body === undefined ? {} : {
        headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      }),
    })
    const text = await reply.text()
    let read = {}
    try {
      read = JSON.parse(text)
    } catch {
      if (reply.ok) throw new Error("that was not our server") // the sign-in page of a network
    }
    return { status: reply.status, body: read }
  } finally {
    clearTimeout(timer)
  }
}

/** @type {(run: () => void, milliseconds: number) => void} */
const later = (run, milliseconds) => void setTimeout(run, milliseconds)

/** What was asked last and may not be answered yet. @type {AbortController} */
let asked = new AbortController()

const listener = new Listener(
  () => {
    asked.abort()
    asked = new AbortController()
    return request("GET", `/state?since=${state?.version ?? 0}`, undefined, HELD, asked)
  },
  heard, lost, later,
)

/** @type {(reply: Reply) => number | null} */
function heard({ status, body }) {
  if (offline) {
    offline = false
    void sending?.flush()
    void telling?.flush()
  }
  if (status === 401) {
    join(state ? String(body?.sentence ?? "") : "")
    return null
  }
  if (status >= 400) {
    over(body?.sentence || worded("There is no such room any more."))
    return null
  }
  take(body)
  return CALM[state?.phase ?? "lobby"] ?? 1000
}

function lost() {
  offline = true
  answers?.lost()
  tell()
}

/** @param {State} news */
function take(news) {
  const before = state
  // A picture's address changes with the picture.
  const things = news.things.map(({ name, picture }, item) => (
    { name, picture: picture && `${room}/picture/${item}?${picture}` }
  ))
  state = { ...news, things }
  if (before?.member.number !== news.member.number) queues(news)
  answers?.meet(news.answers, news.version)
  if (before?.phase !== news.phase) enter(news)
  title.textContent = news.title || heading
  called(news)
  if (news.phase === "rating") void sending?.flush()
  if (news.phase === "locked") void telling?.flush()
  draw()
  tell()
}

// What was answered as this member, also before a reload.
/** @param {State} news */
function queues({ member }) {
  const name = `${PREFIX}${member.number}`
  answers = new Queue(storage, `${name}-answers`)
  guesses = new Queue(storage, `${name}-guesses`)
  sending = new Sender(answers, (those) => request("PUT", "/answers", those), told, later)
  telling = new Sender(
    guesses,
    async (those) => {
      // Who has no idea guesses nothing.
      const said = those.flatMap(({ item, value }) => (value === null ? [] : [{ cell: item, value }]))
      const reply = said.length ? await request("PUT", "/guesses", said) : { status: 200, body: {} }
      return { ...reply, body: { ...reply.body, acknowledged: those } }
    },
    told, later,
  )
}

// A phase begins: with what there is still to do in it.
/** @param {State} news */
function enter({ phase, things }) {
  if (phase === "rating" && answers) at = screens.next(answers.all(), things.length, 0)
  if (phase === "locked") at = unguessed(0)
  shown = ""
}

/** @param {number} from */
function unguessed(from) {
  const cells = state?.cells ?? []
  const seen = new Map([...(guesses?.all() ?? [])].map(([cell, kept]) => [cells.findIndex((each) => each.cell === cell), kept]))
  return cells.length ? screens.next(seen, cells.length, from) : null
}

/** @type {(sender: Sender, reply?: Reply) => void} */
function told(_sender, reply) {
  if (reply?.status === 401) void listener.start() // which says why
  tell()
}

// --- the line that says whether all is saved ------------------------------------------------------

function tell() {
  const [text, kind] = standing()
  if (status.textContent !== text) status.textContent = text
  status.dataset.is = kind
}

/** @returns {[string, string]} */
function standing() {
  const waiting = answers?.unsent().length ?? 0
  const guessed = guesses?.unsent().length ?? 0
  if (!state) return offline ? [worded("waiting for the network"), "waiting"] : ["", "saved"]
  if (sending?.doing === "refused" && waiting) {
    return [sending.sentence || counted(
      "The room is locked: {n} rating came too late.", "The room is locked: {n} ratings came too late.", { n: waiting },
    ), "waiting"]
  }
  const away = offline || sending?.doing === "waiting" || telling?.doing === "waiting"
  if (away && waiting) {
    return [counted(
      "waiting for the network: {n} rating is kept on this telephone",
      "waiting for the network: {n} ratings are kept on this telephone", { n: waiting },
    ), "waiting"]
  }
  if (away && guessed) {
    return [counted(
      "waiting for the network: {n} guess is kept on this telephone",
      "waiting for the network: {n} guesses are kept on this telephone", { n: guessed },
    ), "waiting"]
  }
  if (away) return [worded("waiting for the network"), "waiting"]
  if (waiting || (guessed && telling?.doing !== "refused")) return [worded("saving …"), "saving"]
  return [state.phase === "lobby" ? worded("connected") : worded("saved"), "saved"]
}

// --- joining --------------------------------------------------------------------------------------

/** @param {string} said */
function join(said) {
  state = null
  shown = "join"
  document.querySelector("dialog")?.remove()
  who.textContent = ""
  status.textContent = ""
  main.replaceChildren()
  const form = add(main, "form", "card")
  const heading = add(form, "h2", "", worded("Join with a nickname"))
  heading.tabIndex = -1
  const note = add(form, "p", "", said)
  note.setAttribute("role", "status")
  const field = nicknameField(form, "go", storage.getItem("fs-room-nickname") ?? "")
  const button = add(form, "button", "primary wide", worded("Join"))
  add(form, "p", "muted", worded(
    "Your classmates see it only after your teacher reveals the results. It need not be your name.",
  ))
  let turn = 0
  form.onsubmit = (event) => {
    event.preventDefault()
    void attempt(++turn)
  }
  /** @param {number} mine */
  async function attempt(mine) {
    const nickname = field.value.trim()
    if (!nickname) return
    button.disabled = true
    /** @type {Reply | undefined} */
    let reply
    try {
      reply = await request("POST", "/join", { nickname })
    } catch {
      // no network
    }
    if (mine !== turn || shown !== "join") return
    if (reply && reply.status < 300) {
      storage.setItem("fs-room-nickname", nickname)
      state = null
      shown = ""
      void listener.start()
      return
    }
    if (reply && reply.status !== 429 && reply.status < 500) {
      button.disabled = false
      note.textContent = reply.body?.sentence || worded("That did not work. Try it again.")
      if (reply.status === 404 || reply.status === 410) over(note.textContent ?? "")
      return
    }
    // Many come at once, or there is no network: it goes on by itself.
    const seconds = Math.min(Math.max(Math.ceil(Number(reply?.body?.retry_after) || 3), 1), 120)
    for (let left = seconds; left > 0 && mine === turn; left--) {
      note.textContent = reply?.status === 429
        ? counted(
          "Many are joining now: this goes on by itself in {n} second.",
          "Many are joining now: this goes on by itself in {n} seconds.", { n: left },
        )
        : worded("The server cannot be reached. This goes on by itself as soon as it answers.")
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    if (mine === turn && shown === "join") void attempt(mine)
  }
}

// --- the nickname ---------------------------------------------------------------------------------

// Where one is typed. `hint` names what the keyboard's Enter does.
/** @type {(form: HTMLElement, hint: string, value: string) => HTMLInputElement} */
function nicknameField(form, hint, value) {
  const field = add(add(form, "label", "", worded("Nickname")), "input")
  return Object.assign(field, {
    name: "nickname", maxLength: 24, required: true, autocomplete: "nickname", enterKeyHint: hint, value,
  })
}

// Who one is here; a button where one may choose another nickname.
/** @param {State} news */
function called({ phase, member }) {
  const free = (phase === "lobby" || phase === "rating") && !member.renamed
  if (who.textContent === member.nickname && Boolean(who.firstElementChild) === free) return
  who.replaceChildren()
  if (!free) who.textContent = member.nickname
  else {
    const button = add(who, "button", "name", member.nickname)
    button.type = "button"
    button.setAttribute("aria-label", worded("{name}: change your nickname", { name: member.nickname }))
    button.onclick = () => rename(state?.member.nickname ?? "")
  }
}

/** @param {string} before */
function rename(before) {
  const dialog = add(document.body, "dialog", "card")
  const form = add(dialog, "form")
  const heading = add(form, "h2", "", worded("Change your nickname"))
  heading.id = "rename"
  dialog.setAttribute("aria-labelledby", heading.id)
  const field = nicknameField(form, "done", before)
  const note = add(form, "p", "note")
  note.setAttribute("role", "status")
  const button = add(form, "button", "primary wide", worded("Save"))
  const cancel = add(form, "button", "quiet wide", worded("Cancel"))
  cancel.type = "button"
  cancel.onclick = () => dialog.close()
  dialog.onclose = () => dialog.remove()
  form.onsubmit = async (event) => {
    event.preventDefault()
    const nickname = field.value.trim()
    if (!nickname || button.disabled) return
    button.disabled = true
    try {
      const { status, body } = await request("PUT", "/nickname", { nickname })
      if (status < 300) {
        storage.setItem("fs-room-nickname", nickname)
        dialog.close()
        void listener.start()
        return
      }
      note.textContent = body?.sentence || worded("That did not work. Try it again.")
    } catch {
      note.textContent = worded("The server cannot be reached: try it again in a moment.")
    }
    button.disabled = false
  }
  dialog.showModal()
}

// There is nothing more to do here.
/** @param {string} sentence */
function over(sentence) {
  answers?.forget()
  guesses?.forget()
  state = answers = guesses = sending = telling = null
  shown = "over"
  document.querySelector("dialog")?.remove()
  status.textContent = who.textContent = ""
  main.replaceChildren()
  add(add(main, "section", "card"), "p", "", sentence).setAttribute("role", "status")
  add(add(main, "p"), "a", "button", worded("Type another code")).href = `${base}/r`
}

// --- the screens ----------------------------------------------------------------------------------

/** @type {Acts} */
const acts = {
  rate(item, value) {
    if (!answers || !state) return
    answers.answer(item, value)
    void sending?.flush()
    if (how === "one") {
      at = screens.next(answers.all(), state.things.length, item + 1)
      draw(true)
    } else {
      row?.(item, value, screens.rated(answers.all()))
      shown = signature()
    }
    tell()
  },
  guess(cell, value) {
    guesses?.answer(cell, value)
    void telling?.flush()
    at = unguessed((at ?? -1) + 1)
    draw(true)
    tell()
  },
  show(chosen) {
    how = chosen
    if (how === "one" && at === null && state && answers) at = screens.next(answers.all(), state.things.length, 0)
    draw(true)
  },
  open(item) {
    at = item
    draw(true)
  },
}

// What there is to be seen, as a text: drawn anew where it is another one.
function signature() {
  if (!state) return ""
  const { phase, title, scale, things, member, cells, rev } = state
  const kept = [...(answers?.all() ?? [])].map(([item, { value }]) => [item, value])
  const of = {
    lobby: [things.length],
    rating: [how, how === "one" ? at : null, kept],
    locked: [at, cells],
    reveal: [rev ?? null],
  }
  return JSON.stringify([phase, title, scale, things, member, of[phase]])
}

// Draw the screen, if another one is to be seen. `moved`: by who uses it, who goes on from its head.
/** @param {boolean} [moved] */
function draw(moved = false) {
  const now = signature()
  if (!state || !answers || !guesses || now === shown) return
  shown = now
  const kept = answers.all()
  const scrolled = window.scrollY
  main.replaceChildren()
  row = null
  if (state.member.renamed && (state.phase === "lobby" || state.phase === "rating")) {
    add(main, "p", "muted", worded("Your teacher has changed your nickname to {name}.", { name: state.member.nickname }))
  }
  if (state.phase === "lobby") screens.lobby(main, state)
  else if (state.phase === "rating" && how === "one") screens.oneByOne(main, state, kept, at, acts)
  else if (state.phase === "rating") row = screens.list(main, state, kept, acts)
  else if (state.phase === "locked") screens.guessing(main, state, guesses.all(), at, acts)
  else screens.revealed(main, state, base)
  if (moved) {
    window.scrollTo(0, 0)
    main.querySelector("h2")?.focus({ preventScroll: true })
  } else window.scrollTo(0, scrolled)
}

// The keys 1, 2, 3 … press the buttons of the thing in view.
document.addEventListener("keydown", (event) => {
  const writes = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement
  if (writes || event.ctrlKey || event.metaKey || event.altKey || !state) return
  const buttons = main.querySelectorAll(".choice")
  if (buttons.length !== 1 || !steps(state.scale).length) return
  const chosen = /** @type {HTMLButtonElement[]} */ ([...buttons[0].querySelectorAll("button")])
    .find((_, i) => String((i + 1) % 10) === event.key && i < 10)
  chosen?.click()
})

// The telephone wakes up, or has a network again: at once, not after the pause.
function wake() {
  if (!code || kind === "teacher" || shown === "join" || shown === "over") return
  void listener.start()
  void sending?.flush()
  void telling?.flush()
}
window.addEventListener("online", wake)
window.addEventListener("offline", () => {
  if (state) lost()
})
window.addEventListener("pageshow", (event) => event.persisted && wake())
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake())

// --- without a code: type it ----------------------------------------------------------------------

function typed() {
  const form = add(main, "form", "card")
  const label = add(form, "label", "", worded("The code on the projector: six letters"))
  const field = add(label, "input", "code")
  Object.assign(field, { name: "code", maxLength: 12, required: true, autocomplete: "off", autocapitalize: "characters", spellcheck: false })
  add(form, "button", "primary wide", worded("Go to the room"))
  form.onsubmit = (event) => {
    event.preventDefault()
    const text = field.value.replace(/[^\p{L}\p{N}]/gu, "")
    if (text) location.assign(`${base}/r/${encodeURIComponent(text.toUpperCase())}`)
  }
}

// --- the teacher's link ---------------------------------------------------------------------------

// The token stands behind the “#” of the address, which no server and no log sees.
async function teach() {
  const token = location.hash.slice(1)
  history.replaceState(null, "", location.pathname)
  const note = add(main, "p", "card", worded("One moment …"))
  note.setAttribute("role", "status")
  for (let failures = 1; ; failures++) {
    try {
      const { status, body } = await request("POST", "/teacher", { token })
      if (status < 300) return location.replace(`${base}/room?room=${code}`)
      if (status < 500 && status !== 429) {
        note.textContent = body?.sentence || worded("This is not the teacher's link of this room.")
        return
      }
    } catch {
      // no network
    }
    note.textContent = worded("The server cannot be reached. This goes on by itself as soon as it answers.")
    await new Promise((resolve) => setTimeout(resolve, pause(failures)))
  }
}

if (!code) typed()
else if (kind === "teacher") void teach()
else void listener.start()
