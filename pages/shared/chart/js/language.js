// @ts-check
// The language of the page, and its catalogue: recsys_core/language.py says the same.

import { CATALOGUES, MARKS } from "./constants.js"

// Until the page has said it: what the link says, else the browser's.
let language = known(
  new URLSearchParams(globalThis.location?.search ?? "").get("lang") ??
    globalThis.navigator?.language ?? "",
)

/** @param {string | undefined} locale */
function known(locale) {
  const code = (locale ?? "").split("-")[0].toLowerCase()
  return code in CATALOGUES ? code : "en"
}

/** @param {string | undefined} code */
export function speak(code) {
  language = known(code)
}

// The template of a sentence, or of its form for n.
/** @type {(id: string, plural?: string, n?: unknown) => string} */
export function translated(id, plural, n) {
  const found = CATALOGUES[language]?.[id]
  if (plural === undefined) return typeof found === "string" ? found : id
  return (Array.isArray(found) ? found : [id, plural])[n === 1 ? 0 : 1]
}

// The decimal mark and the thousands separator.
export const marks = () => MARKS[language] ?? MARKS.en
