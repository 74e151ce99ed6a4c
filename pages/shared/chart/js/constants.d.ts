// constants.js, which pages/shared/chart/assets.py writes.

import type { Sentence } from "./messages.js"

export const VERSION: number
export const TEXTS: Record<"beginning" | "paused" | "rewinding", Sentence>
