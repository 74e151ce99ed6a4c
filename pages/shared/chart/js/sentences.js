// @ts-check
// Sentences as a person reads them: the same as recsys_core/text.py says.

import { grouped } from "./number_format.js"

/** @import { Sentence } from "./messages.js" */

// A sentence as it travels (messages.py, Sentence), in words.
/** @type {(sentence: Sentence) => string} */
export function sentence({ id, plural, values = {} }) {
  const pattern = plural && values.n !== 1 ? plural : id
  return pattern.replace(/\{(\w+)(:,)?\}/g, (_, name, thousands) => {
    const value = values[name]
    if (value !== null && typeof value === "object") {
      return sentence(/** @type {Sentence} */ (value))
    }
    return thousands ? grouped(String(value)) : String(value)
  })
}
