// @ts-check
// Sentences as a person reads them: the same as recsys_core/text.py says.

import { translated } from "./language.js"
import { grouped, marked } from "./number_format.js"

/** @import { Sentence } from "./messages.js" */

// A sentence of this page, in its language; the catalogues have it by its English.
/** @type {(id: string, values?: Record<string, unknown>) => string} */
export function worded(id, values) {
  return sentence({ id, values })
}

// The same with a form for every n but 1.
/** @type {(id: string, plural: string, values: Record<string, unknown> & { n: number }) => string} */
export function counted(id, plural, values) {
  return sentence({ id, plural, values })
}

// A sentence as it travels (messages.py, Sentence), in words.
/** @type {(sentence: Sentence) => string} */
export function sentence({ id, plural, values = {} }) {
  const pattern = translated(id, plural, values.n)
  return pattern.replace(/\{(\w+)(:,)?\}|\{\{|\}\}/g, (brace, name, thousands) => {
    if (name === undefined) return brace[0]
    const value = values[name]
    if (value !== null && typeof value === "object") {
      return "number" in value
        ? marked(String(value.number))
        : sentence(/** @type {Sentence} */ (value))
    }
    return thousands ? grouped(String(value)) : String(value)
  })
}
