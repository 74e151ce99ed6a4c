// @ts-check
// The board of a room, for the projector: how to come in, who is there, the matrix that fills, and
// the map on which everybody moves as the model learns. It asks the server itself what is new
// (pages/routes/rooms.py); the page around it is not drawn anew.

import { add } from "./elements.js"
import { heightOf, listen, scale, typeOf } from "./enlarge.js"
import { cut, fresh, Gliding, grown, named, reach } from "./board_motion.js"
import { speak } from "./language.js"
import { error, given } from "./number_format.js"
import { positions } from "./point_labels.js"
import { counted, worded } from "./sentences.js"
import "./style.js"

/** @import { BoardData, BoardNews, Component } from "./types.js" */
/** @typedef {[x: number, y: number]} Point */

const FAMILY = '"Source Sans", "Source Sans Pro", sans-serif'
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches

/** @type {WeakMap<HTMLElement, Board>} */
const boards = new WeakMap()

/** @param {Component<BoardData>} component */
export function render({ parentElement, data, setTriggerValue }) {
  speak(data.language)
  const known = boards.get(parentElement)
  if (known && known.data.code === data.code && known.data.language === data.language) {
    known.show(data)
    return
  }
  known?.end()
  boards.set(parentElement, new Board(parentElement, data, (news) => setTriggerValue("news", news)))
}

/** @param {Component<BoardData>} component */
export function remove({ parentElement }) {
  boards.get(parentElement)?.end()
  boards.delete(parentElement)
}

class Board {
  /** @type {BoardNews | null} */
  news = null
  #ended = false
  #failures = 0
  #asked = new AbortController()
  /** What the page was last told, as a text. */
  #told = ""
  #tellAt = 0
  /** When a cell was rated, by “member item”. @type {Map<string, number>} */
  #came = new Map()
  #gliding = new Gliding()
  #frame = 0
  #before = 0 // the time of the picture before
  /** @type {(string | null)[]} */
  #places = []

  /**
   * @param {HTMLElement} parent
   * @param {BoardData} data
   * @param {(news: object) => void} tell the page that entries or the phase changed
   */
  constructor(parent, data, tell) {
    this.data = data
    this.tell = tell
    parent.replaceChildren()
    const root = this.root = add(parent, "div", "fs-chart fs-board")
    root.setAttribute("role", "group")
    const door = add(root, "div", "fs-door")
    this.code = add(door, "div", "fs-code", data.code)
    this.how = add(door, "p", "fs-how")
    this.qr = add(door, "img", "fs-qr")
    this.title = add(door, "p", "fs-room gtitle")
    this.counts = add(door, "p", "fs-counts")
    this.state = add(root, "p", "fs-said")
    this.state.setAttribute("role", "status")
    const pictures = add(root, "div", "fs-pictures")
    this.matrix = this.#picture(pictures, "fs-matrix")
    this.map = this.#picture(pictures, "fs-map")
    this.errors = add(root, "p", "fs-errors")
    this.leave = listen(() => this.#size())
    this.watching = new ResizeObserver(() => this.paint())
    this.watching.observe(this.matrix.canvas)
    this.watching.observe(this.map.canvas)
    this.show(data)
    void this.#ask()
  }

  /** @type {(parent: HTMLElement, name: string) => { title: HTMLElement, canvas: HTMLCanvasElement }} */
  #picture(parent, name) {
    const figure = add(parent, "figure", name)
    const title = add(figure, "figcaption")
    const canvas = add(figure, "canvas")
    canvas.setAttribute("role", "img")
    return { title, canvas }
  }

  /** @param {BoardData} data */
  show(data) {
    this.data = data
    this.root.setAttribute("aria-label", data.alt)
    this.qr.src = data.qr
    this.qr.alt = worded("QR code of {link}", { link: data.link })
    this.code.setAttribute("aria-label", worded("Code of the room: {code}", { code: [...data.code].join(" ") }))
    this.#size()
    this.#words()
  }

  #size() {
    this.root.style.setProperty("--fs-height", `${heightOf(this.data.height)}px`)
    this.paint()
  }

  end() {
    this.#ended = true
    this.#asked.abort()
    this.leave()
    this.watching.disconnect()
    cancelAnimationFrame(this.#frame)
  }

  // --- what is new --------------------------------------------------------------------------------

  /** @type {(path: string, options?: RequestInit) => Promise<Response>} */
  #request(path, options = {}) {
    this.#asked = new AbortController()
    const timer = setTimeout(() => this.#asked.abort(), 40_000)
    const { base, code } = this.data
    return fetch(`${location.origin}${base}/r/${code}${path}`, {
      ...options, cache: "no-store", credentials: "same-origin", signal: this.#asked.signal,
    }).finally(() => clearTimeout(timer))
  }

  async #ask() {
    await this.#enter().catch(() => false)
    while (!this.#ended) {
      try {
        const reply = await this.#request(`/board?since=${encodeURIComponent(this.news?.version ?? "")}`)
        if (reply.status === 401 && (await this.#enter())) continue
        if (reply.status >= 400 && reply.status < 500 && reply.status !== 429) {
          const { sentence } = await reply.json().catch(() => ({}))
          this.#say(String(sentence ?? worded("There is no such room any more.")))
          return
        }
        if (!reply.ok) throw new Error(String(reply.status))
        const news = await reply.json()
        if (this.#ended) return
        this.#failures = 0
        this.#take(news)
        await wait(200)
      } catch {
        if (this.#ended) return
        this.#failures++
        if (this.#failures > 1) {
          this.#say(worded("The server cannot be reached. This page goes on by itself as soon as it answers."))
        }
        await wait(Math.min(500 * 2 ** this.#failures, 8000))
      }
    }
  }

  // Show the server that this browser is the teacher's: once, where this tab opened the room.
  async #enter() {
    if (!this.data.token) return false
    const headers = { "Content-Type": "application/json" }
    const body = JSON.stringify({ token: this.data.token })
    return (await this.#request("/teacher", { method: "POST", headers, body })).ok
  }

  /** @param {BoardNews} news */
  #take(news) {
    const now = performance.now()
    for (const cell of fresh(this.news, news)) this.#came.set(cell, calm() ? -Infinity : now)
    this.news = news
    /** @type {Map<string, Point>} */
    const to = new Map()
    news.map?.members.forEach((point, row) => point && to.set(`m${news.members[row]?.number}`, point))
    news.map?.items.forEach((point, item) => to.set(`t${item}`, point))
    const far = reach([...to.values()])
    to.set("reach", [far, far])
    this.#gliding.aim(to, calm())
    this.#words()
    this.paint()
    this.#tellPage(news)
  }

  // The page draws the list of entries and the step that comes next.
  /** @param {BoardNews} news */
  #tellPage(news) {
    const text = JSON.stringify([news.phase, news.members.map(({ number }) => number), news.n_members])
    if (text === this.#told) return
    const first = this.#told === ""
    this.#told = text
    if (first) return // the page has just been drawn
    clearTimeout(this.#tellAt)
    this.#tellAt = window.setTimeout(() => this.#ended || this.tell({ phase: news.phase, n: news.n_members }), 1000)
  }

  // --- words --------------------------------------------------------------------------------------

  /** @param {string} text */
  #say(text) {
    if (this.state.textContent !== text) this.state.textContent = text
  }

  #words() {
    const { news, data } = this
    const phase = news?.phase ?? "lobby"
    this.root.dataset.phase = phase
    this.how.textContent = worded("Open {link} or scan", { link: data.link.replace(/^https?:\/\//, "") })
    if (!news) return
    this.title.textContent = news.title
    const cells = news.members.length * news.things.length
    const students = counted("{n} student", "{n} students", { n: news.n_members })
    const ratings = counted("{n} rating", "{n} ratings", { n: news.n_ratings })
    const share = cells ? Math.round((100 * news.n_ratings) / cells) : 0
    this.counts.textContent = phase === "lobby"
      ? students
      : worded("{students} · {ratings} · {share} % filled", { students, ratings, share })
    const told = {
      lobby: worded("Come in: type the code, or scan it. Rating begins when everybody is here."),
      rating: worded("Rate what you know. The matrix fills, and the model learns with each rating."),
      locked: worded("Locked. Some ratings were hidden from the model: guess them on your telephone."),
      reveal: worded("Revealed: look at your telephone, and find yourself here."),
    }
    this.#say(told[phase])
    this.matrix.title.textContent = phase === "locked" || phase === "reveal"
      ? worded("The ratings, and in the gaps what the model predicts")
      : worded("The ratings, as they come in")
    this.map.title.textContent = worded("The class as the model sees it: students ● and things ◆")
    this.matrix.canvas.setAttribute("aria-label", worded(
      "Matrix of {students} and {things}; {ratings}.", {
        students, ratings, things: counted("{n} thing", "{n} things", { n: news.things.length }),
      },
    ))
    this.map.canvas.setAttribute("aria-label", news.map
      ? worded("Map of students and things; who lies near each other has a similar taste.")
      : worded("The map is drawn once a few ratings are there."))
    this.errors.textContent = this.#measured(news)
  }

  // How well the model did: guesses on hidden ratings once they are shown, else before each rating.
  /** @param {BoardNews} news */
  #measured({ phase, scores, errors, n_guesses }) {
    if (scores?.n_pairs) {
      return counted(
        "On the {n} hidden rating that was guessed the model is off by {model} (RMSE), the class by {guesses}, the average of each thing by {mean}.",
        "On the {n} hidden ratings that were guessed the model is off by {model} (RMSE), the class by {guesses}, the average of each thing by {mean}.",
        {
          n: scores.n_pairs, model: error(Number(scores.model)),
          guesses: error(Number(scores.guesses)), mean: error(Number(scores.mean)),
        },
      )
    }
    if (phase === "locked" && n_guesses) return counted("{n} guess so far", "{n} guesses so far", { n: n_guesses })
    const [model, mean] = [errors?.model.at(-1), errors?.mean.at(-1)]
    if (model === undefined || mean === undefined) return ""
    return worded(
      "Asked before each of the last 30 ratings came in, the model is off by {model} (RMSE), the average of each thing by {mean}.",
      { model: error(model), mean: error(mean) },
    )
  }

  // --- painting -----------------------------------------------------------------------------------

  // Paint now, and on while anything moves.
  paint() {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame((time) => {
      const far = this.#gliding.at("reach")?.[0] ?? 1
      const moving = this.#gliding.pass(Math.min(time - this.#before, 100), far / 2000)
      this.#before = time
      const growing = this.#matrix()
      this.#map()
      if (moving || growing) this.paint()
    })
  }

  /** @type {(canvas: HTMLCanvasElement) => { ctx: CanvasRenderingContext2D, width: number, height: number } | null} */
  #pen(canvas) {
    const { clientWidth: width, clientHeight: height } = canvas
    const ctx = canvas.getContext("2d")
    if (!ctx || !width || !height) return null
    const dense = window.devicePixelRatio || 1
    const size = [Math.round(width * dense), Math.round(height * dense)]
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size
    ctx.setTransform(dense, 0, 0, dense, 0, 0)
    ctx.clearRect(0, 0, width, height)
    ctx.font = `${typeOf(12)}px ${FAMILY}`
    return { ctx, width, height }
  }

  /** @param {string} name */
  #colour(name) {
    return getComputedStyle(this.root).getPropertyValue(name) || "#888"
  }

  // The colour of a rating, between two of the scale.
  /** @param {number} value */
  #share(value) {
    const { low, high } = /** @type {BoardNews} */ (this.news).scale
    return high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 1
  }

  /** @param {number} share */
  #rating(share) {
    const { colours } = this.data
    return colours[Math.round(share * (colours.length - 1))]
  }

  // The matrix; whether a cell still grows.
  #matrix() {
    const pen = this.#pen(this.matrix.canvas)
    const { news } = this
    if (!pen || !news) return false
    const { ctx, width, height } = pen
    const line = typeOf(12) * 1.25
    const measure = (/** @type {string} */ text) => ctx.measureText(text).width
    const rows = news.members.map(({ number, name }) => name ?? String(number))
    const left = Math.min(Math.max(...rows.map(measure), measure("00")), width * 0.22) + 8
    const cell = (width - left - 2) / Math.max(news.things.length, 1)
    // Names of things lie where they fit, and stand upright elsewhere.
    const lie = news.things.every((name) => measure(name) <= cell - 6)
    const top = lie ? line + 4 : Math.min(Math.max(...news.things.map(measure)), height * 0.34) + 8
    const tall = Math.min((height - top - 2) / Math.max(rows.length, 1), cell * 1.2, 60 * scale)
    const ink = this.#colour("--fs-ink")
    ctx.fillStyle = ink
    ctx.textBaseline = "middle"
    for (const item of named(news.things.length, cell, lie ? 0 : line)) {
      const text = cut(news.things[item], lie ? cell : top - 8, measure)
      const middle = left + (item + 0.5) * cell
      ctx.save()
      ctx.translate(middle, lie ? line / 2 : top - 5)
      if (!lie) ctx.rotate(-Math.PI / 2)
      ctx.textAlign = lie ? "center" : "left"
      ctx.fillText(text, 0, 0)
      ctx.restore()
    }
    ctx.textAlign = "right"
    ctx.fillStyle = this.#colour("--fs-muted")
    for (const row of named(rows.length, tall, line)) {
      ctx.fillText(cut(rows[row], left - 8, measure), left - 6, top + (row + 0.5) * tall)
    }
    const gap = Math.min(cell, tall) > 12 ? 1.5 : 0.5
    const gaps = news.phase === "locked" || news.phase === "reveal"
    const [pale, deep, edge] = this.data.inks
    const numbers = tall >= line * 1.15 && cell >= measure("10") + 8
    let growing = false
    const now = performance.now()
    ctx.textAlign = "center"
    news.members.forEach(({ number }, row) => {
      const y = top + row * tall
      news.matrix[row].forEach((value, item) => {
        const x = left + item * cell
        const guess = gaps ? news.predicted?.[row]?.[item] : undefined
        if (value === null) {
          if (typeof guess === "number") { // smaller, so that nobody takes it for a rating
            ctx.fillStyle = this.#rating(this.#share(guess))
            const side = 0.45 * Math.min(cell, tall)
            ctx.fillRect(x + (cell - side) / 2, y + (tall - side) / 2, side, side)
          } else {
            ctx.fillStyle = this.data.mark
            ctx.beginPath()
            ctx.arc(x + cell / 2, y + tall / 2, Math.max(1, Math.min(cell, tall) / 14), 0, 2 * Math.PI)
            ctx.fill()
          }
          return
        }
        const size = grown(now - (this.#came.get(`${number} ${item}`) ?? -Infinity))
        growing ||= size < 1
        const [w, h] = [(cell - 2 * gap) * size, (tall - 2 * gap) * size]
        const share = this.#share(value)
        ctx.fillStyle = this.#rating(share)
        ctx.fillRect(x + (cell - w) / 2, y + (tall - h) / 2, w, h)
        if (numbers) {
          ctx.fillStyle = share > edge ? deep : pale
          ctx.fillText(given(value), x + cell / 2, y + tall / 2)
        }
      })
    })
    return growing
  }

  #map() {
    const pen = this.#pen(this.map.canvas)
    const { news, data } = this
    if (!pen || !news) return
    const { ctx, width, height } = pen
    if (!news.map) {
      ctx.fillStyle = this.#colour("--fs-muted")
      ctx.textAlign = "center"
      ctx.fillText(cut(worded("The map is drawn once a few ratings are there."), width - 16,
        (text) => ctx.measureText(text).width), width / 2, height / 2)
      return
    }
    const far = this.#gliding.at("reach")?.[0] ?? 1
    const unit = Math.min(width, height) / 2 / far
    /** @type {(point: Point) => Point} */
    const at = ([x, y]) => [width / 2 + x * unit, height / 2 - y * unit]
    ctx.strokeStyle = data.mark
    ctx.lineWidth = 1
    ctx.beginPath()
    ctx.moveTo(0, height / 2)
    ctx.lineTo(width, height / 2)
    ctx.moveTo(width / 2, 0)
    ctx.lineTo(width / 2, height)
    ctx.globalAlpha = 0.5
    ctx.stroke()
    ctx.globalAlpha = 1
    /** @type {{ point: Point, name: string }[]} */
    const texts = []
    /** @type {Point[]} */
    const marks = []
    const r = 5 * scale
    news.things.forEach((name, item) => {
      const here = this.#gliding.at(`t${item}`)
      if (!here) return
      const [x, y] = at(here)
      ctx.fillStyle = data.item
      ctx.beginPath()
      ctx.moveTo(x, y - 1.3 * r)
      ctx.lineTo(x + 1.3 * r, y)
      ctx.lineTo(x, y + 1.3 * r)
      ctx.lineTo(x - 1.3 * r, y)
      ctx.fill()
      marks.push([x, y])
      texts.push({ point: [x, y], name })
    })
    for (const { number, name } of news.members) {
      const here = this.#gliding.at(`m${number}`)
      if (!here) continue
      const [x, y] = at(here)
      ctx.fillStyle = data.user
      ctx.beginPath()
      ctx.arc(x, y, r, 0, 2 * Math.PI)
      ctx.fill()
      marks.push([x, y])
      if (name) texts.unshift({ point: [x, y], name })
    }
    const measure = (/** @type {string} */ text) => ctx.measureText(text).width
    const shown = texts.map(({ name }) => cut(name, width * 0.3, measure))
    const frame = { left: 0, top: 0, right: width, bottom: height }
    this.#places = positions(texts.map(({ point }) => point), shown.map(measure), marks, frame, this.#places)
    ctx.textBaseline = "middle"
    texts.forEach(({ point: [x, y] }, i) => {
      const place = this.#places[i]
      if (!place) return
      const [up, across] = place.split(" ")
      const side = across === "left" ? -1 : across === "right" ? 1 : 0
      const lift = up === "top" ? -1 : up === "bottom" ? 1 : 0
      ctx.textAlign = side < 0 ? "right" : side > 0 ? "left" : "center"
      const [left, top] = [x + 9 * scale * side, y + (side ? 9 : 15) * scale * lift]
      Object.assign(ctx, { lineWidth: 3 * scale, lineJoin: "round", strokeStyle: this.#colour("--fs-paper") })
      ctx.strokeText(shown[i], left, top)
      ctx.fillStyle = this.#colour("--fs-ink")
      ctx.fillText(shown[i], left, top)
    })
  }
}

/** @param {number} milliseconds */
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

// --- how it looks ---------------------------------------------------------------------------------

const sheet = document.createElement("style")
sheet.textContent = `
.fs-board { height: var(--fs-height); display: flex; flex-direction: column; gap: .5rem;
  color: var(--fs-ink); overflow: hidden; }
.fs-board p { margin: 0; }
.fs-board .fs-door { display: grid; grid-template-columns: auto auto 1fr; align-items: center;
  gap: 0 1.5rem; padding-right: 2.8rem; grid-template-areas: "qr code room" "qr how counts"; }
.fs-board .fs-code { grid-area: code; font-size: 3rem; line-height: 1; font-weight: 700;
  letter-spacing: .12em; font-variant-ligatures: none; }
.fs-board .fs-how { grid-area: how; overflow-wrap: anywhere; }
.fs-board .fs-qr { grid-area: qr; width: 6.5rem; height: 6.5rem; background: #fff;
  border-radius: 6px; image-rendering: pixelated; }
.fs-board .fs-room { grid-area: room; text-align: right; font-size: 1.2rem; font-weight: 600;
  overflow-wrap: anywhere; }
.fs-board .fs-counts { grid-area: counts; text-align: right; font-size: 1.2rem;
  font-variant-numeric: tabular-nums; }
.fs-board .fs-said { font-size: 1.05rem; }
.fs-board .fs-errors { color: var(--fs-muted); min-height: 1.5em; font-variant-numeric: tabular-nums; }
.fs-board .fs-pictures { flex: 1; min-height: 0; display: grid; gap: 1.5rem;
  grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); }
.fs-board figure { margin: 0; min-height: 0; display: flex; flex-direction: column; gap: .3rem; }
.fs-board figcaption { font-weight: 600; }
.fs-board canvas { flex: 1; min-height: 0; width: 100%; }

/* Before it begins the way in fills the board. */
.fs-board[data-phase=lobby] .fs-pictures, .fs-board[data-phase=lobby] .fs-errors { display: none; }
.fs-board[data-phase=lobby] .fs-door { flex: 1; min-height: 0; align-content: center;
  justify-content: center; justify-items: center; text-align: center; gap: .6rem;
  grid-template: "room" auto "code" auto "how" auto "qr" minmax(0, 20rem) "counts" auto / 1fr; }
.fs-board[data-phase=lobby] .fs-code { font-size: clamp(3.2rem, 11vw, 8.5rem); }
.fs-board[data-phase=lobby] .fs-how { font-size: 1.5rem; }
.fs-board[data-phase=lobby] .fs-qr { width: auto; height: 100%; aspect-ratio: 1; min-height: 0; }
.fs-board[data-phase=lobby] :is(.fs-room, .fs-counts, .fs-said) { text-align: center; }

/* On a projector the board is all there is; its own sentence says where the room is. */
[data-fs-presenting] .st-key-room_head { display: none !important; }

@media (max-width: 640px) {
  .fs-board { height: auto; }
  .fs-board .fs-door { grid-template: "code" "how" "room" "counts" / 1fr; }
  .fs-board:not([data-phase=lobby]) .fs-qr { display: none; }
  .fs-board :is(.fs-room, .fs-counts) { text-align: left; }
  .fs-board .fs-code { font-size: 2.4rem; }
  .fs-board .fs-pictures { grid-template-columns: minmax(0, 1fr); }
  .fs-board canvas { height: 24rem; flex: none; }
}
`
document.head.append(sheet)
