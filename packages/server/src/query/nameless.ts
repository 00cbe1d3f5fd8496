// Services without a name. Stores know them by the empty name; Jaeger's API, its links and Spoor's lists call them by a name
// that was made up, which can be asked for again. One place says which, so that lists, searches and dependencies agree.

/** How Jaeger 1.57 calls a service whose resource is empty, and one whose name is missing or empty. */
const MADE_UP: readonly string[] = ['OTLPResourceNoServiceName', 'empty-service-name']
/** Lists do not tell the two apart. */
const LISTED = 'empty-service-name'

/** The stored name of the service that somebody asks for. */
export function storedService(asked: string): string {
  return MADE_UP.includes(asked) ? '' : asked
}

/** The name that a list shows. */
export function shownService(stored: string): string {
  return stored === '' ? LISTED : stored
}
