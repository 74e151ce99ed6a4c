// constants.js, which pages/shared/chart/assets.py writes.

import type { Sentence } from "./messages.js"

export const VERSION: number
/** By language and id: a template, or those for one and for several. Of English there is nothing. */
export const CATALOGUES: Record<string, Record<string, string | string[]>>
/** By language: the decimal mark and the thousands separator. */
export const MARKS: Record<string, [string, string]>
export const TEXTS: Record<"beginning" | "paused" | "rewinding", Sentence>
