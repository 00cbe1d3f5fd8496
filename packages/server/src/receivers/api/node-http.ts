// node:http without the fetch stack: an import statement reads every export of the module, two of which load undici, and
// that costs each thread 6 MiB and 17 ms at the start.

import type * as NodeHttp from 'node:http'

export const createServer: typeof NodeHttp.createServer = process.getBuiltinModule('node:http').createServer
