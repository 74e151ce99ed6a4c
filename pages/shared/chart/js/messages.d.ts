// The messages between server and browser, as recsys_core/live/messages.py declares them; a test
// compares each line. What may be left out carries a “?”.

export interface Sentence {
  id: string
  values?: Record<string, unknown>
  plural?: string
}

export interface Frame {
  epoch: number
  matrix: string
  latent?: string
  reach?: number
  spread?: number
}

export interface Map {
  reach: number
  main: Sentence
  second: Sentence
}

export interface Baseline {
  name: string
  train: number | null
  validation: number | null
}

export interface Said {
  epoch: number
  text: Sentence
}

export interface RunNews {
  from: number
  loss: number[]
  status: "paused" | "training" | "finished" | "failed"
  n_epochs: number
  train?: number[]
  validation?: number[]
  best?: number
  single?: boolean
  early?: boolean
  rewinding?: boolean
  message?: Sentence
  seconds?: number
  took?: number[]
  baselines?: Baseline[]
  map?: Map
  said?: Said[]
  before?: Sentence
  after?: Sentence
  frames?: Frame[]
}

export interface Tick {
  kind: "tick"
  runs: Record<string, RunNews>
  v: number
  race: Sentence | null
  measured: number
}

export interface Refused {
  kind: "refused"
  why: Sentence
  v: number
}

export interface Watch {
  kind: "watch"
  ticket: string
  main: string | null
  runs: Record<string, number>
  frames: number[]
  v: number
  race: string[]
}

export interface Want {
  kind: "want"
  epoch: number
  v: number
}
