// The two sources of traces on the search page: the server, and files that are opened here.

import { firstOf } from '../../base/search-url.ts'
import { useRawSearch } from '../../widgets/context.tsx'
import { Link } from '../../widgets/link.tsx'

export const FILES_PATH = '/search?view=files'

export function SearchTabs() {
  const files = firstOf(useRawSearch(), 'view') === 'files'
  return (
    <nav className="search-tabs" aria-label="Source of traces">
      <Link to="/search" aria-current={files ? undefined : 'page'}>
        Search
      </Link>
      <Link to={FILES_PATH} aria-current={files ? 'page' : undefined}>
        Open files
      </Link>
    </nav>
  )
}
