// @ts-check
// The epoch slider: scrubs all that shows the run in view.

import * as store from "./store.js"
import { child } from "./elements.js"
import { worded } from "./sentences.js"
import "./style.js"

/** @import { Component } from "./types.js" */

/** @type {WeakMap<HTMLElement, Slider>} */
const sliders = new WeakMap()

// A hand that rests so long, in milliseconds, has chosen.
const RESTS = 200

/** @param {Component<{ locked: boolean }>} component */
export function render({ parentElement, data }) {
  let slider = sliders.get(parentElement)
  if (!slider) {
    slider = new Slider(parentElement)
    sliders.set(parentElement, slider)
  }
  slider.update(data)
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  sliders.get(parentElement)?.leave()
  sliders.delete(parentElement)
}

class Slider {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.box = parent.appendChild(document.createElement("div"))
    this.box.className = "fs-timeline"
    this.box.innerHTML = `
      <input type="range" min="0" step="1">
      <output></output>
      <button type="button"></button>`
    this.input = child(this.box, "input")
    this.output = child(this.box, "output")
    this.end = child(this.box, "button")
    // No further than training has come.
    this.input.oninput = () => {
      const last = Math.max(store.trained(store.view.main), 0)
      const moment = Math.min(this.input.valueAsNumber, last)
      store.change({ moment, playing: false }, RESTS)
    }
    this.end.onclick = () => store.change({ moment: this.atEnd(), playing: false })
    this.leave = store.listen(() => this.draw())
  }

  /** @param {{ locked: boolean }} data */
  update({ locked }) {
    this.input.disabled = this.end.disabled = locked
    this.draw()
  }

  // What the button goes to: the best epoch of a finished run, else the latest.
  /** @returns {"best" | "latest"} */
  atEnd() {
    const known = store.run(store.view.main)
    return known?.status === "finished" && known.best !== null ? "best" : "latest"
  }

  draw() {
    this.input.setAttribute("aria-label", worded("Epoch shown in all panels"))
    const { view } = store
    const known = store.run(view.main)
    const last = store.trained(view.main)
    if (!known || last < 0) return // nothing is known of it yet
    const shown = Math.min(store.epoch(), last)
    const most = Math.max(known.n_epochs, last, 1)
    this.input.max = String(most)
    this.input.value = String(shown)
    this.input.setAttribute("aria-valuetext", worded("epoch {shown} of {last}", { shown, last }))
    this.box.style.setProperty("--shown", `${(100 * shown) / most}%`)
    this.box.style.setProperty("--trained", `${(100 * last) / most}%`)
    Object.assign(this.box.dataset, { stream: view.main, shown, latest: last })
    const word = this.atEnd()
    this.output.textContent = worded("epoch {shown}", { shown })
    this.end.textContent = word === "best" ? worded("best") : worded("latest")
    this.end.title = word === "best"
      ? worded("Show the epoch of lowest validation error")
      : worded("Show the latest epoch")
    const there = word === "best" ? known.best : last
    this.end.hidden = view.playing || shown === there
  }
}
