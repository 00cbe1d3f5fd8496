// Little-endian words at any offset. Four byte loads are faster here than DataView.getInt32: V8 calls that one instead of
// compiling it in wherever the view is a field of an object of known class.

/** The four bytes from `at`, signed. What lies behind the end reads as 0. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}
