// What the scripts hand each other, for the type checker (make check). Nothing here is served.

import type { Baseline, Map as PictureMap, RunNews, Said, Sentence } from "./messages.js"

// --- the store ------------------------------------------------------------------------------------

export type Status = RunNews["status"]
export type Series = "loss" | "train" | "validation"
export type Side = "user" | "item"

// Epochs a second; “max” is as fast as training.
export type Speed = number | "max"

// An epoch; “best” is the one of lowest validation error, once a run is finished. null: none is
// chosen.
export type Moment = number | "best" | "latest" | null

// A Frame, unpacked: levels of the matrix row by row, and x and y of each point.
export interface Picture {
  epoch: number
  matrix: Uint16Array
  latent: Int16Array | null
  reach: number
  spread: number
}

// What is known of a run: all that its news have said so far.
export interface Run {
  loss: number[]
  train: number[] | null
  validation: number[] | null
  took: number[] | null // seconds of computing of each epoch
  status: Status
  n_epochs: number
  best: number | null
  single: boolean
  early: boolean
  rewinding: boolean
  message: Sentence | null
  seconds: number | null
  baselines: Baseline[] | null
  map: PictureMap | null
  said: Said[] // by epoch, each once
  before?: Sentence
  after?: Sentence
  frames: Picture[] // by epoch, each once
}

// The frames around an epoch; it lies at `share`, 0 … 1, between them.
export interface Around {
  before: Picture
  after: Picture
  share: number
  epoch: number
}

export interface View {
  version: number
  main: string | null // the stream of the run in view
  moment: Moment // where playback began, while it plays
  playing: boolean
  begun: number // when playback began, in this window's time, milliseconds
  speed: Speed
  user: number | null
  item: number | null
  locked: string[]
  trained: number // epochs of the run in view when the page began to be drawn
  status: Status | null // its status then
  measured: number | null // what was measured for its table then; null: it shows none
  racing: Record<string, Status> // the status then of the runs that the page races, by stream
}

// What can be changed from the browser, and is told to the page.
export type Change = Partial<Pick<View, "moment" | "playing" | "user" | "item" | "status">>
export type Told = Change & { sequence: number }

// What the page says is looked at. `elapsed`: seconds since playback began; `seen`: the last change
// it has taken in.
export type Seen = Partial<Omit<View, "begun">> & {
  session: string
  version: number
  elapsed: number
  seen: number
  main: string | null
}

// Where a run is, as it is shown (recsys_core/live/status_lines.py).
export interface Standing {
  shown: number
  trained: number
  planned: number
  status: Status
  best: number | null
  single: boolean
  early: boolean
  rewinding: boolean
  playing: boolean
  speed: Speed
  seconds: number | null
  train: number | null
  validation: number | null
  loss: number
}

// What of a page's runs the live route is asked for.
export interface Watched {
  address: string
  ticket: string
  main: string | null
  streams: string[]
  race: string[]
}

// --- components -----------------------------------------------------------------------------------

// What Streamlit gives a component whenever the page has drawn it.
export interface Component<Data> {
  parentElement: HTMLElement
  data: Data
  setTriggerValue(name: string, value: unknown): void
}

export interface ChartData {
  name: string
  figure: string // a Figure, as JSON
  alt: string
  height: number
  live: CurvesLive | RaceLive | MatrixLive | LatentLive | null
  marks: Marks | null
  pick?: boolean // the page is told what is clicked
  part: string
  note: string // how to read it: said below a picture that is kept
  file: string // what such a picture is called, without its ending
  plotly: string // where Plotly is served
}

// What the page says of a chart on which something can be selected: whose the rows and columns of a
// matrix are, or the points of each trace of a map; indices of users and items.
export type Marks = CellMarks | PointMarks

// A line, width in pixels.
export interface Stroke {
  color: string
  width: number
}

// A ring around a point, as Plotly takes a marker; sizes in pixels.
export interface Ring {
  symbol: string
  size: number
  color: string
  line: { width: number }
}

export interface CellMarks {
  rows: number[]
  columns: number[]
  ring: Stroke
  begin: boolean // where nobody is selected, the first cell is
  points?: undefined
}

export interface PointMarks {
  points: { trace: number; side: Side; ids: number[] }[]
  ring: Ring | null // null: the chart rings them otherwise
  rows?: undefined
}

// --- Plotly, as far as it is used -----------------------------------------------------------------

// A trace or a layout: its properties are Plotly's own, by name.
export type Trace = Record<string, any>
export type Layout = Record<string, any>

// An array as Plotly's Python side packs it: base64 of numbers, shape “rows, columns”.
export interface Packed {
  dtype: string
  bdata: string
  shape: string
}

// An axis as it is drawn: where it begins and how long it is, in pixels.
export interface Axis {
  type: string
  range: [number, number]
  _offset: number
  _length: number
  l2p(value: number): number // from the value, or its logarithm on such an axis, to pixels
}

// The element of a chart. What begins with “_” and `calcdata` is not documented by Plotly; its
// version is pinned.
export interface Plot extends HTMLDivElement {
  _fullData?: Trace[]
  _fullLayout?: {
    xaxis: Axis
    yaxis: Axis
    width: number
    height: number
    font: { family: string; size: number }
    _size: { l: number; r: number; t: number; b: number } // its margins, as they came to be
  }
  calcdata?: any[][]
  on(event: string, listener: (event: any) => void): void
}

export interface PlotlyScript {
  react(plot: HTMLElement, data: Trace[], layout: Layout, config: object): Promise<void>
  update(plot: HTMLElement, data: Trace, layout: Layout, traces: number[]): Promise<void>
  relayout(plot: HTMLElement, layout: Layout): Promise<void>
  purge(plot: HTMLElement): void
  Fx: { hover(plot: HTMLElement, where: object[]): void; unhover(plot: HTMLElement): void }
  downloadImage(figure: { data: Trace[]; layout: Layout }, how: object): Promise<string>
  Icons?: Record<string, object>
  Plots: { resize(plot: HTMLElement): void }
}

declare global {
  interface Window {
    Plotly: PlotlyScript // once plotly.js has loaded it
  }
}

// --- live panels ----------------------------------------------------------------------------------

// What figures say of themselves (recsys_core/figures): which trace shows what.

export interface CurvesLive {
  panel: "curves"
  series: Series
  size: number // what errors are divided by; 1: they are in rating units
  last: number // where the axis ends
  curves: [trace: number, stream: string, series: Series, begins: number][]
  baselines: [trace: number, name: string][]
  best: number | null // the trace of the star
  ring: number // that of the ring at the shown epoch
  beginning: number // the share of a run's epochs that may lie above the picture
}

export interface RaceLive {
  panel: "race"
  count: "epochs" | "seconds" | "touched"
  last: number // the last epoch planned of any
  log: boolean // whether the axis of what is counted is logarithmic
  log_y: boolean
  lanes: Lane[]
  baselines: [trace: number, name: string][]
}

export interface Lane {
  trace: number
  star: number // the trace of its lowest error
  stream: string
  touched: number // ratings an epoch reads
  single: boolean // it learns in one pass
}

export interface MatrixLive {
  panel: "matrix"
  trace: number
  known: number
  shrunk: Record<string, [halfWidth: number, halfHeight: number]> // by trace
  users: number[]
  items: number[]
  rows: string[]
  columns: string[]
  low: number
  high: number
  framed: boolean
  held: [row: number, column: number, what: string][]
  /** What ratings are called, by the rating as it is written. */
  words: Record<string, string>
  roomy: Roomy | null // where cells may be large enough for numbers
  colours: { paper: string; mark: string }
  outline: Stroke & { half: number } // around what is held out; half its side, in cells
  ring: Stroke
}

// The matrix with numbers in its cells: what is rated in the inner square, which stands higher, and
// what is predicted below it.
export interface Roomy {
  cell: [width: number, height: number] // the least, in pixels
  around: [width: number, height: number] // of the chart, what is not cells
  shrunk: Record<string, [halfWidth: number, halfHeight: number]>
  up: number // how far the inner square stands above the middle, in cells
  down: number // and the number below it
  known: number // the trace of what is rated
  predicted: number
  digits: number
  inks: [pale: string, deep: string, share: number] // on colours up to that share of the scale, beyond
}

export interface LatentLive {
  panel: "latent"
  groups: Group[]
  ring: Ring
  names: string[][] | null // of the points of each group, where they are few enough to be named
  name: Record<string, any> | null // how they are written, as Plotly takes an annotation
}

export interface Group {
  trace: number
  side: Side
  ids: number[]
  points: [first: number, end: number] // among those of a frame
}

// Arguments of Plotly.update: of each property, one value a trace.
export interface Update {
  traces: number[]
  data: Record<string, any[]>
  layout: Layout
}

// Of a chart, in pixels.
export interface Size {
  width: number
  height: number
}

// A canvas ready to be drawn on; x and y map values to pixels.
export interface Pen {
  ctx: CanvasRenderingContext2D
  font: string
  x(value: number): number
  y(value: number): number
}

export interface Panel {
  moving?: number[] // the traces that the canvas draws; all where there is no list
  restless?: boolean // Plotly follows even while it moves
  sign(): string | null // changes when the picture does; null while there is none
  epoch(): number | "" // the one that is shown
  paint(pen: Pen, plot: Plot): void
  at(): Update | null
  resized?(size: Size): boolean // whether another size asks for another picture
  outgrown?(): boolean // whether Plotly has to widen its axes before painting can go on
}

// --- inside the update ----------------------------------------------------------------------------

// What targets and predictions are measured in: rating = shift + size · target.
export interface Unit {
  shift: number
  size: number
}

// What all steps of an epoch share (recsys_core/asking/inside/microscope.py, Rule).
export interface Rule {
  mean: number
  rate: number
  biases: boolean
  in_turn: boolean
  waits: boolean
  ends: [low: number, high: number] | null
}

// What one rating finds (Found), and how it is named.
export interface Found {
  user_name: string
  item_name: string
  said: string // the rating as it is written
  rating: number
  target: number
  p: number[]
  q: number[]
  bu: number
  bi: number
  ru: number
  ri: number
  times: number
}

// A gradient in the two parts it is the sum of.
export interface Gradient<Of> {
  error: Of
  penalty: Of
}

export interface StepTaken {
  products: number[]
  score: number
  prediction: number
  error: number
  slope: number
  ofUser: Gradient<number[]>
  ofItem: Gradient<number[]>
  ofUserBias: Gradient<number>
  ofItemBias: Gradient<number>
  pAfter: number[]
  qAfter: number[]
  buAfter: number
  biAfter: number
  predictionAfter: number
}

// A symbol of a formula, and its number beneath.
export interface Term {
  kind: "user" | "item" | "factor" | "error" | "plain"
  symbol: string
  under: string
  value: string
}

// The latent plane: of factors v it shows v · axes − centre.
export interface Plane {
  axes: [number, number][]
  centre: [number, number]
  names: [string, string]
  users: [number, number][]
  items: [number, number][]
}

export interface Microscope {
  token: string // another one: begin at `begin` again
  begin: number
  cell: number | null // the place of the selected cell's rating
  epoch: number
  n_steps: number
  first: number // the place of the first of the steps sent
  steps: Found[]
  rule: Rule
  unit: Unit
  plane: Plane | null
  words: Record<string, string>
  sub_steps: string[]
  note: string
  locked: boolean
}

// --- edited factors -------------------------------------------------------------------------------

// Float32 numbers as base64.
interface RowsSent {
  factors: string
  biases: string
}

// What follows a row (recsys_core/asking/edited.py, Block), as it is sent.
export interface BlockSent {
  mean: number
  ends: [low: number, high: number] | null
  clip: [low: number, high: number] | null
  row: number[] // as trained, the bias last
  open: RowsSent & { names: string[] }
  rated: RowsSent & { values: number[] }
  near: RowsSent & { names: string[] }
}

export interface Rows {
  factors: Float32Array // row by row
  biases: Float32Array
}

// The same, unpacked; and what follows from the trained row.
export interface Block {
  mean: number
  ends: [low: number, high: number] | null
  clip: [low: number, high: number] | null
  row: number[]
  lengths: [listed: number, near: number]
  open: Rows & { names: string[] }
  rated: Rows & { values: number[] }
  near: Rows & { names: string[]; sizes: Float64Array }
  trained: { scores: Float64Array; cosines: Float64Array; list: number[]; alike: number[] }
  error: number | null
}

export interface Followed {
  list: { name: string; predicted: number; before: number; place: number }[] // place 0: in none
  near: { name: string; cosine: number; fresh: boolean }[]
  rmse: [before: number, after: number] | null
}

// A slider: the place of its number in the row, its ends, and where the trained number lies.
export interface EditField {
  place: number
  label: string
  low: number
  high: number
  step: number
  start: number // `now`, as near as the steps come to it
  now: number
}

interface EditShown {
  token: string // of the row
  name: string
  side: Side
  fields: EditField[]
  lengths: [listed: number, near: number]
  heading: string
  ratings: string
  words: Record<string, string>
  notes: string[]
}
// `points`: some of all users and items, the factors that have a slider, row by row.
export type EditBlockSent = EditShown & { numbers: BlockSent; points: Record<Side, string> }
export type EditBlock = EditShown & { numbers: Block; points: Record<Side, Float32Array> }

export interface EditRow {
  token: string
  seen: number // the last change that is taken in
  moved: [place: number, value: number][]
  answer: Followed // what follows from that, of the whole model
  plane: [across: number, up: number] | null // places of two factors; null: there is one factor
  locked: boolean
}

// The dial of cold start, and what is shown after 0, 1, 2 … ratings.
export interface ColdDial {
  token: string // of whose ratings these are, by which model
  at: number
  seen: number // the last change that is taken in
  heading: string
  locked: boolean
}

export interface ColdSteps {
  token: string
  steps: {
    says: string
    near: string
    list: [name: string, predicted: number, move: string][]
    over: Record<string, string> // what lies over charts, by their names: figures, as JSON
  }[]
}

// --- the board of a room (board.js) ---------------------------------------------------------------

export interface BoardData {
  code: string
  base: string // before every path of this server
  token: string // the teacher's, where this tab has just opened the room; else ""
  link: string // what telephones open
  qr: string // the same as a picture, a data: address
  height: number
  alt: string
  language: string
  colours: string[] // of the rating scale, low to high
  inks: [pale: string, deep: string, edge: number] // of numbers on it, up to a share of it and beyond
  user: string
  item: string
  mark: string // the dot of an unrated cell
}

/** What the server tells a projector: recsys_core/rooms/messages.py. */
export interface BoardNews {
  version: string
  phase: "lobby" | "rating" | "locked" | "reveal"
  title: string
  scale: { low: number; high: number; step: number | null; words: [number, string][] }
  things: string[]
  members: { number: number; name: string | null }[]
  n_members: number
  n_ratings: number
  n_guesses?: number
  matrix: (number | null)[][]
  predicted?: ((number | null)[] | null)[]
  map?: { members: ([number, number] | null)[]; items: [number, number][] } | null
  errors?: { n: number[]; model: number[]; mean: number[] }
  scores?: { n_pairs: number; model: number | null; mean: number | null; guesses: number | null } | null
}
