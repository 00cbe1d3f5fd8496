// Bytes that a reader found and a writer copies ranges of. The view makes short copies fast: two words at a time beat a
// loop over bytes, and both beat a call of set() below about a hundred bytes.

export class ByteSource {
  readonly bytes: Uint8Array
  readonly view: DataView

  /** Any view, also of shared memory. */
  constructor(bytes: Uint8Array) {
    // A plain Uint8Array also for a Buffer: one class of object keeps the readers' code fast.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}
