// @ts-check
// A chart as a picture to keep: on the colour of the page, with what is said below it.

/** @import { Layout, Plot, Trace } from "./types.js" */

const [LINE, GAP] = [18, 10] // pixels

// A picture is drawn without the page's own font: room is to be made for the one that it will have.
const font = { family: "Arial, sans-serif" }

// The figure to be saved, and how large it is. `note` is written below it, `paper` is its colour;
// `widthOf` says how wide a text is, in pixels.
/**
 * @type {(
 *   plot: Pick<Plot, "_fullLayout"> & { data: Trace[], layout: Layout },
 *   note: string, paper: string, widthOf: (text: string) => number,
 * ) => { figure: { data: Trace[], layout: Layout }, width: number, height: number }}
 */
export function picture({ data, layout, _fullLayout: drawn }, note, paper, widthOf) {
  if (!drawn) throw new Error("nothing is drawn yet")
  const { width, height, _size: inner } = drawn
  const lines = wrapped(note, width - 2 * GAP, widthOf)
  const more = lines.length ? lines.length * LINE + GAP : 0
  const margin = { ...layout.margin, b: inner.b + more }
  const below = {
    text: lines.join("<br>"), align: "left", showarrow: false, font: { size: 12 },
    xref: "paper", x: 0, xanchor: "left", xshift: GAP - inner.l,
    yref: "paper", y: 0, yanchor: "top", yshift: -inner.b,
  }
  const annotations = [...(layout.annotations ?? []), ...(lines.length ? [below] : [])]
  return {
    figure: { data, layout: { ...layout, font, paper_bgcolor: paper, margin, annotations } },
    width,
    height: height + more,
  }
}

// A text in lines that are no wider than so many pixels, broken between words.
/** @type {(text: string, most: number, widthOf: (text: string) => number) => string[]} */
export function wrapped(text, most, widthOf) {
  /** @type {string[]} */
  const lines = []
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim()
    if (lines.length && widthOf(longer) <= most) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}
