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

/**
 * A new element at the end of another one.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {HTMLElement} parent
 * @param {Tag} tag
 * @param {string} [name] its class
 * @param {string} [text]
 */
export function add(parent, tag, name = "", text = "") {
  const made = document.createElement(tag)
  if (name) made.className = name
  made.textContent = text
  parent.appendChild(made)
  return made
}

// Fill a table anew, all as text. `named`: the column of names, which may be cut.
/** @type {(table: HTMLTableElement, named: number, headings: string[], rows: string[][]) => void} */
export function fill(table, named, headings, rows) {
  table.replaceChildren()
  const head = add(add(table, "thead"), "tr")
  for (const text of headings) add(head, text ? "th" : "td", "", text)
  const body = add(table, "tbody")
  for (const row of rows) {
    const line = add(body, "tr")
    row.forEach((text, column) => {
      const cell = add(line, "td", "", text)
      if (column === named) cell.title = text
    })
  }
}
