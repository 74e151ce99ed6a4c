// @ts-check
// One line at the foot of the page: why nothing moves, or why nothing can be pressed.

import "./style.js"

/** @type {Map<string, string>} */
const texts = new Map() // what there is to say, by who says it

// Say something, in place of what `who` said before; nothing: what it said has passed.
/** @type {(who: string, text: string) => void} */
export function notice(who, text) {
  texts.delete(who)
  if (text) texts.set(who, text)
  /** @type {HTMLElement | null} */
  let place = document.querySelector(".fs-notice")
  if (!place && !text) return
  place ??= document.body.appendChild(document.createElement("div"))
  place.className = "fs-notice"
  place.setAttribute("role", "status")
  place.textContent = [...texts.values()].join(" ")
  place.hidden = !texts.size
}
