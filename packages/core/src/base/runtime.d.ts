// The few globals that Node and browsers share and that core uses. Declared here because core compiles with neither
// runtime's types, so that nothing of only one of them slips in.

declare global {
  class TextEncoder {
    encode(text?: string): Uint8Array<ArrayBuffer>
  }

  class TextDecoder {
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
    decode(bytes?: Uint8Array): string
  }
}

export {}
