// The worker that reads opened files, holds their spans, and answers for them as the server does for stored ones. Files
// are read one after another; nothing is sent anywhere.

import { toError } from '@spoor/core/base/errors'
import { transferables } from '../timeline/layout.ts'
import { layOut } from '../timeline/tree.ts'
import { OpenedTraces } from './opened-traces.ts'
import type { FilesAnswer, FilesRequest, Numbered } from './protocol.ts'
import { readText } from './read-bytes.ts'
import { readTraceText, type ReadFile } from './read-text.ts'
import { Shelf } from './shelf.ts'

const scope = self as unknown as {
  postMessage(message: Numbered<FilesAnswer>, transfer?: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent<Numbered<FilesRequest>>) => void): void
}

class FilesWorker {
  readonly #opened = new OpenedTraces()
  readonly #shelf = new Shelf(indexedDB)
  #last: Promise<unknown> = Promise.resolve()

  /** One after another: a trace is asked for after its file was opened. */
  async inTurn(request: FilesRequest): Promise<FilesAnswer> {
    const answer = this.#last.then(() => this.#answer(request))
    this.#last = answer.catch(() => undefined)
    return await answer
  }

  async #answer(request: FilesRequest): Promise<FilesAnswer> {
    switch (request.type) {
      case 'restore':
        for (const { name, file } of await this.#kept()) await this.#add(name, file, true)
        return { type: 'state', state: this.#opened.state() }
      case 'open':
        for (const file of request.files) await this.#add(file.name, file, await this.#keep(file))
        return { type: 'state', state: this.#opened.state() }
      case 'close':
        for (const name of request.names) this.#opened.remove(name)
        await this.#forget(request.names)
        return { type: 'state', state: this.#opened.state() }
      case 'layout': {
        const columns = this.#opened.columns(request.traceId, request.adjust)
        return { type: 'layout', layout: columns && layOut(columns) }
      }
      case 'spans':
        return { type: 'spans', spans: this.#opened.spans(request.traceId, request.spanId, request.adjust) }
      case 'find':
        return { type: 'found', spanIds: this.#opened.find(request.traceId, request.text, request.adjust) }
    }
  }

  async #add(name: string, file: Blob, kept: boolean): Promise<void> {
    let read: ReadFile
    try {
      read = readTraceText(await readText(file))
    } catch (error) {
      read = { format: '', traces: [], problems: [{ place: '', message: toError(error).message }] }
    }
    this.#opened.add(name, file.size, read, kept)
  }

  async #kept(): Promise<{ readonly name: string; readonly file: Blob }[]> {
    try {
      return await this.#shelf.load(Date.now())
    } catch (error) {
      console.warn('files of earlier visits cannot be had', error)
      return []
    }
  }

  async #keep(file: File): Promise<boolean> {
    try {
      return await this.#shelf.keep(file.name, file, Date.now())
    } catch (error) {
      console.warn('the file cannot be kept', error)
      return false
    }
  }

  async #forget(names: readonly string[]): Promise<void> {
    try {
      await this.#shelf.remove(names)
    } catch (error) {
      console.warn('the files cannot be forgotten', error)
    }
  }
}

const worker = new FilesWorker()

async function reply({ number, body }: Numbered<FilesRequest>): Promise<void> {
  let answer: FilesAnswer
  try {
    answer = await worker.inTurn(body)
  } catch (error) {
    answer = { type: 'failed', message: toError(error).message }
  }
  const layout = answer.type === 'layout' ? answer.layout : undefined
  scope.postMessage({ number, body: answer }, layout === undefined ? [] : transferables(layout))
}

scope.addEventListener('message', ({ data }) => void reply(data))
