// @ts-check
// The connection to the live route: says which runs are watched, takes in what they learn.

import { VERSION } from "./constants.js"
import * as store from "./store.js"
import { notice } from "./notice.js"
import { sentence } from "./sentences.js"

/** @import { Refused, Tick, Want, Watch } from "./messages.js" */
/** @import { Watched } from "./types.js" */

const PAUSES = [500, 1000, 2000, 5000] // between attempts to connect, in milliseconds

/** @type {Watched | null} */
let watched = null
/** @type {WebSocket | null} */
let socket = null
let failed = 0
let again = false // whether the connection was lost, and is there again
/** @type {string | null} */
let asked = null // the exact frame asked for last

// Watch these runs from now on.
/** @param {Watched} wanted */
export function watch(wanted) {
  const same = JSON.stringify(wanted) === JSON.stringify(watched)
  watched = wanted
  if (!socket) connect(wanted.address)
  else if (!same) say()
}

// The server is there again: no need to wait for the next attempt.
export function reconnect() {
  if (!socket && watched) connect(watched.address)
}

/** @param {string} route */
function connect(route) {
  const { protocol, host } = window.location
  const address = `${protocol === "https:" ? "wss" : "ws"}://${host}${route}`
  const opened = new WebSocket(address)
  socket = opened
  opened.onopen = () => {
    again = failed > 0
    failed = 0
    say()
  }
  opened.onmessage = ({ data }) => {
    /** @type {Tick | Refused} */
    const message = JSON.parse(data)
    if (message.kind === "refused") {
      // A server that was started anew knows nothing of this page: the address says what it showed.
      if (again) return window.location.reload()
      return notice("live", sentence(message.why))
    }
    if (message.v !== VERSION) return
    notice("live", "")
    store.take(message)
  }
  opened.onclose = () => {
    if (socket === opened) socket = null
    const pause = PAUSES[Math.min(failed++, PAUSES.length - 1)]
    setTimeout(() => socket ?? connect(route), pause)
  }
}

function say() {
  if (socket?.readyState !== WebSocket.OPEN || !watched) return
  const { ticket, main, streams, race } = watched
  asked = null
  send({ kind: "watch", ticket, main, ...store.known(streams, main), race })
}

/** @param {Omit<Watch, "v"> | Omit<Want, "v">} message */
function send(message) {
  socket?.send(JSON.stringify({ v: VERSION, ...message }))
}

// Where one stays to look, the picture is to be exact.
store.listen(() => {
  const { main } = store.view
  if (!store.atRest() || socket?.readyState !== WebSocket.OPEN || main !== watched?.main) return
  const epoch = store.epoch()
  const found = store.around(main, epoch)
  if (!found || found.before.epoch === epoch || asked === `${main} ${epoch}`) return
  asked = `${main} ${epoch}`
  send({ kind: "want", epoch })
})
