// Copy link: the address of this page says what is looked at.
//
// The clipboard is not there on plain http; then the link stands in a field, selected, to be copied
// by hand.

import "./style.js"

const SAYS = { still: "Copy link", copied: "Copied", byHand: "Press Ctrl+C" }
const shown = new WeakSet()

export function render({ parentElement, data }) {
  if (!shown.has(parentElement)) draw(parentElement)
  parentElement.querySelector("button").disabled = data.locked
}

function draw(parentElement) {
  shown.add(parentElement)
  const box = parentElement.appendChild(document.createElement("div"))
  box.className = "fs-share"
  box.innerHTML = `
    <input readonly hidden aria-label="Link to what is shown">
    <button type="button"><span></span></button>`
  const [field, button] = [box.querySelector("input"), box.querySelector("button")]
  const say = (text) => (button.querySelector("span").textContent = text)
  say(SAYS.still)
  button.onclick = async () => {
    field.value = window.location.href
    field.hidden = false
    field.focus()
    field.select()
    say((await copy(field.value)) ? SAYS.copied : SAYS.byHand)
  }
  field.onblur = () => {
    field.hidden = true
    say(SAYS.still)
  }
}

export function remove({ parentElement }) {
  shown.delete(parentElement)
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return document.execCommand("copy")
  }
}
