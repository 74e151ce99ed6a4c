// What the tests use of Node, untyped: nothing has to be installed to have them checked.

declare module "node:assert/strict"
declare module "node:process"
declare module "node:readline"
declare module "node:test"

declare const process: { argv: string[] }
declare function setImmediate(run: (value?: any) => void): void
