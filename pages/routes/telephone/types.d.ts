// What the server and a telephone say to each other (pages/routes/rooms.py), as JSON.

export interface Scale {
  low: number
  high: number
  step: number | null
  words: [number, string][] | null
}

export interface Thing {
  name: string
  picture: string // of the server: a digest of the picture, or ""; then its address
}

/** A rating, or null where it was taken back or the thing is not known; the highest seq counts. */
export interface Answer {
  item: number
  value: number | null
  seq: number
}

/** A hidden rating of somebody in the class, and what else they rated. */
export interface Cell {
  cell: number
  item: number
  known: { item: number; value: number }[]
  guess: number | null
}

export type Phase = "lobby" | "rating" | "locked" | "reveal"

/** RMSE over the same pairs of a guess and a hidden rating; null without pairs. */
export interface Scores {
  n_pairs: number
  n_cells: number
  n_members: number
  model: number | null
  mean: number | null
  baseline: number | null
  guesses: number | null
}

export interface Revealed {
  point: [number, number] | null
  map: { members: { number: number; name: string; x: number; y: number }[]; items: [number, number][] }
  classmates: { number: number; name: string; similarity: number }[]
  recommendations: { item: number; predicted: number }[]
  guessed: { item: number; guessed: number; rated: number }[]
  scores?: Scores
  class_scores?: Scores
  link: string // the experiment, as a query
  receipt: string
  handout?: string
}

export interface State {
  version: number
  phase: Phase
  title: string
  scale: Scale
  things: Thing[]
  member: { number: number; nickname: string; renamed: boolean } // renamed: by the teacher, for good
  answers: Answer[]
  n_members: number
  n_ratings: number
  cells?: Cell[]
  rev?: Revealed | null
}

/** As much of localStorage as is used. */
export interface Store {
  getItem(name: string): string | null
  setItem(name: string, text: string): void
  removeItem(name: string): void
}

/** An answer of the server; what is thrown instead is the network's fault. */
export interface Reply {
  status: number
  body: any
}
