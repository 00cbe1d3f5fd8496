// The HTTP/2 connections of one gRPC server: how much each may have on the way to us, how old it may get, and how all of
// them end. Must never cut a request under way before its grace is over.

import { constants, type ServerHttp2Session } from 'node:http2'

export interface SessionLimits {
  /** 0: no bound. */
  readonly maxAgeMs: number
  /** After maxAge; 0: no bound. */
  readonly ageGraceMs: number
}

/** Unread bytes that all connections together may have sent us; each gets its share between the bounds below. */
const TOTAL_WINDOW_BYTES = 32 * 1024 * 1024
const MAX_WINDOW_BYTES = 4 * 1024 * 1024
/** HTTP/2 starts every connection with this much, so nothing less can be had. */
const MIN_WINDOW_BYTES = 65_535
/** A connection that has not spoken HTTP/2 by then is no client. */
const PREFACE_TIMEOUT_MS = 10_000
/** Longest wait for the client to have read the announcement: some round trips. */
const GOODBYE_MS = 100
/** The largest stream id: a GOAWAY with it announces the end and refuses nothing yet (RFC 9113, 6.8). */
const LAST_STREAM_ID = 2 ** 31 - 1

export class GrpcSessions {
  readonly #limits: SessionLimits
  readonly #open: Set<ServerHttp2Session> = new Set()
  readonly #onProtocolError: () => void
  #windowBytes = MAX_WINDOW_BYTES
  #draining = false

  /** `onProtocolError`: a connection was closed because what it sent is not HTTP/2. */
  constructor(limits: SessionLimits, onProtocolError: () => void) {
    this.#limits = limits
    this.#onProtocolError = onProtocolError
  }

  add(session: ServerHttp2Session): void {
    this.#open.add(session)
    const preface = setTimeout(() => session.destroy(), PREFACE_TIMEOUT_MS)
    const age = this.#limits.maxAgeMs > 0 ? setTimeout(() => this.#retire(session), this.#age()) : undefined
    session.once('remoteSettings', () => clearTimeout(preface))
    session.on('error', this.#onProtocolError)
    session.once('close', () => {
      clearTimeout(preface)
      clearTimeout(age)
      this.#open.delete(session)
      this.#shareWindow()
    })
    this.#shareWindow()
    setWindow(session, this.#windowBytes)
    if (this.#draining) closeGently(session)
  }

  /** Says goodbye to all, lets their requests finish, cuts whoever is left after `timeoutMs`, and waits for `closed`. */
  async drain(closed: Promise<void>, timeoutMs: number): Promise<void> {
    this.#draining = true
    for (const session of this.#open) closeGently(session)
    const timer = setTimeout(() => {
      for (const session of this.#open) session.destroy()
    }, timeoutMs)
    await closed
    clearTimeout(timer)
  }

  /** Spread by a tenth either way, so that connections opened together do not return together. */
  #age(): number {
    return this.#limits.maxAgeMs * (0.9 + Math.random() * 0.2)
  }

  #retire(session: ServerHttp2Session): void {
    closeGently(session)
    if (this.#limits.ageGraceMs === 0) return
    const cut = setTimeout(() => session.destroy(), this.#limits.ageGraceMs)
    session.once('close', () => clearTimeout(cut))
  }

  /** Shares change in powers of two, so that a connection more or less seldom touches the others. */
  #shareWindow(): void {
    const share = TOTAL_WINDOW_BYTES / 2 ** Math.ceil(Math.log2(Math.max(1, this.#open.size)))
    const bytes = Math.max(MIN_WINDOW_BYTES, Math.min(MAX_WINDOW_BYTES, share))
    if (bytes === this.#windowBytes) return
    this.#windowBytes = bytes
    for (const session of this.#open) setWindow(session, bytes)
  }
}

function setWindow(session: ServerHttp2Session, bytes: number): void {
  if (!session.destroyed) session.setLocalWindowSize(bytes)
}

/**
 * Two steps, so that no request is refused that was on its way when we decided: an announcement, then, once the client
 * has surely read it, the final word.
 */
function closeGently(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return
  session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM_ID)
  const finish = (): void => {
    clearTimeout(timer)
    if (!session.closed && !session.destroyed) session.close()
  }
  // Node's own client answers no ping any more once it has read a GOAWAY.
  const timer = setTimeout(finish, GOODBYE_MS)
  session.ping(finish)
}
