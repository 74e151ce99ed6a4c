// @ts-check
// Elements of the page.

/**
 * The first element with this tag in another one, where there surely is one.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {HTMLElement} parent
 * @param {Tag} tag
 */
export function child(parent, tag) {
  const found = parent.querySelector(tag)
  if (!found) throw new Error(`there is no <${tag}>`)
  return found
}
