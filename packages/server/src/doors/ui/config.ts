// What may be configured about serving the UI.

import { option, type Section } from '../../config/section.ts'
import { text } from '../../config/values.ts'

export interface UiConfig {
  /** A directory with index.html and static/; '' for the UI that comes with Spoor. */
  readonly staticFiles: string
}

export const uiSection: Section<UiConfig> = {
  title: 'UI',
  options: {
    staticFiles: option(
      'query.static-files',
      text('DIR').prefault(''),
      'Directory of another build of the UI (index.html and static/); empty for the one that comes with Spoor',
    ),
  },
}
