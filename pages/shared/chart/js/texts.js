// @ts-check
// Text on the page that says where a run is: elements with data-fs, filled from the store.
//
// The page fills them too, for whoever reads it without scripts and for the first moment; what is
// said there is worded alike.

import { TEXTS } from "./constants.js"
import { errors, narrated, progress, quality } from "./status_lines.js"
import * as store from "./store.js"
import { number } from "./number_format.js"
import { sentence, worded } from "./sentences.js"

/** @import { Standing } from "./types.js" */

/** @param {HTMLElement} node */
function text(node) {
  const { fs: what, stream = store.view.main } = node.dataset
  if (what === "race") {
    const said = store.race()
    return said && sentence(said)
  }
  const run = store.run(stream)
  const at = store.standing(stream)
  if (!run || !at) return null
  if (what === "progress") return progress(at)
  if (what === "errors") return errors(at)
  if (what === "quality") return quality(at, run.baselines)
  if (what === "sentence") return narrated(at, { ...run, words: TEXTS })
  if (what === "cell") return cell(node.dataset, at)
  return null
}

// What is predicted for the selected cell, where the live matrix shows it.
// `words` is what the page said of it at the epoch `shownAt`.
/** @type {(data: DOMStringMap, at: Standing) => string | null} */
function cell({ row, column, columns, low, high, epoch: shownAt, text: words = "" }, at) {
  const found = store.around(store.view.main, at.shown)
  const level = found?.before.epoch === at.shown
    ? found.before.matrix[Number(row) * Number(columns) + Number(column)]
    : undefined
  if (level === undefined) return Number(shownAt) === at.shown ? words : "…"
  if (level === 65535) return worded("nothing yet")
  return number(Number(low) + ((Number(high) - Number(low)) * level) / 65534)
}

export function draw() {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("[data-fs]")
  )) {
    const said = text(node)
    if (said !== null && node.textContent !== said) node.textContent = said
  }
}

store.listen(draw)
// What the page writes anew is put right before it is seen.
new MutationObserver((changes) => {
  const fresh = (/** @type {MutationRecord} */ { addedNodes }) =>
    [...addedNodes].some(
      (node) =>
        node instanceof Element && (node.matches("[data-fs]") || node.querySelector("[data-fs]")),
    )
  if (changes.some(fresh)) draw()
}).observe(document.body, { childList: true, subtree: true })
