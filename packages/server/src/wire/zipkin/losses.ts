// What Zipkin says and the model does not keep, so that nobody takes what is stored for all that was sent. Whatever is not listed
// is kept, be it under another name. The test of this folder holds the list to the readers.

export interface Loss {
  /** What Zipkin says. */
  readonly what: string
  /** What becomes of it. */
  readonly becomes: string
}

export const ZIPKIN_LOSSES: readonly Loss[] = [
  { what: 'the mark that a span shares its id', becomes: 'nothing: the two halves are told apart by their kinds' },
  { what: 'a parent that is the span itself', becomes: 'no parent' },
  { what: 'a kind that is not one of the four', becomes: 'no kind' },
  { what: 'a missing duration and one of 0', becomes: 'the same' },
  { what: 'a tag `error` of exactly `true`', becomes: 'a status of error, and true in place of the text' },
  {
    what: 'endpoints of single annotations and tags in version 1',
    becomes: 'one endpoint a span: the service that sent it',
  },
  { what: 'moments of a call or message in version 1', becomes: 'kind, start and duration' },
  { what: 'an address of 0.0.0.0 or a port of 0', becomes: 'nothing' },
  { what: 'an annotation without a text', becomes: 'nothing' },
  { what: 'fields that no version of Zipkin defines', becomes: 'nothing' },
]
