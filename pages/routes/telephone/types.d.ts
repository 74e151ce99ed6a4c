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

/** One point of the map: of a person or of a thing. */
export interface Place {
  x: number
  y: number
  name: string
}

export interface Revealed {
  point: [number, number] | null
  map: { members: Place[]; things: Place[] }
  classmates: { name: string; similarity: number }[]
  recommendations: { item: number; predicted: number }[]
  guessed: { item: number; guessed: number | null; rated: number }[]
  link: string
  receipt: string
  handout: string
}

export interface State {
  version: number
  phase: Phase
  title: string
  scale: Scale
  things: Thing[]
  member: { number: number; nickname: string }
  answers: Answer[]
  n_members: number
  n_ratings: number
  cells?: Cell[]
  reveal?: Revealed | null
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
