// The epoch slider: scrubs all live panels in the browser, and is where the page's ticks arrive.

import * as store from "./store.js"
import "./style.js"

const sliders = new WeakMap()

export function render({ parentElement, data, setTriggerValue }) {
  let slider = sliders.get(parentElement)
  if (!slider) {
    slider = new Slider(parentElement)
    sliders.set(parentElement, slider)
  }
  slider.emit = setTriggerValue
  slider.update(data)
}

export function remove({ parentElement }) {
  sliders.get(parentElement)?.leave()
  sliders.delete(parentElement)
}

class Slider {
  constructor(parent) {
    this.box = parent.appendChild(document.createElement("div"))
    this.box.className = "fs-timeline"
    this.box.innerHTML = `
      <input type="range" min="0" step="1" aria-label="Epoch shown in all panels">
      <output></output>
      <button type="button" title="Show the latest epoch again">latest</button>`
    this.input = this.box.querySelector("input")
    this.output = this.box.querySelector("output")
    this.latest = this.box.querySelector("button")
    this.input.oninput = () => {
      // No further than training has come.
      store.look(Math.min(this.input.valueAsNumber, store.latest(this.stream)))
    }
    this.input.onchange = () => this.tell()
    this.latest.onclick = () => {
      store.look(null)
      this.tell()
    }
    this.leave = store.listen(() => this.draw())
  }

  update({ tick, n_epochs }) {
    this.stream = tick.stream
    this.n_epochs = n_epochs
    if (!store.take(tick)) this.emit("resend", true)
    this.draw()
  }

  draw() {
    const { view } = store
    if (view.stream !== this.stream) return
    const end = store.latest(this.stream)
    const shown = Math.floor(view.shown + 1e-6)
    const most = Math.max(this.n_epochs, end, 1)
    this.input.max = most
    this.input.value = shown
    this.input.setAttribute("aria-valuetext", `epoch ${shown} of ${end}`)
    this.box.style.setProperty("--shown", `${(100 * shown) / most}%`)
    this.box.style.setProperty("--trained", `${(100 * end) / most}%`)
    this.box.dataset.stream = this.stream // of which run, since when it was last reset
    this.box.dataset.shown = shown
    this.box.dataset.latest = end
    this.output.textContent = view.following ? `epoch ${shown}` : `back at epoch ${shown}`
    this.latest.hidden = view.following
  }

  // Tell the page which epoch was chosen, once the hand rests.
  tell() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      const { following, shown } = store.view
      this.emit("epoch", { epoch: following ? null : Math.floor(shown + 1e-6) })
    }, 200)
  }
}
