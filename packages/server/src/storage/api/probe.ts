// The tenant of the server's own probes (query/prober.ts). No request can name it: a header cannot carry its first character.
// A store may forget its spans whenever it likes after they were found once, and counts them nowhere.

export const PROBE_TENANT = '\u0000prober'
