// A link to a trace of a file that is not open here: it was opened elsewhere, or long ago.

import { FileButton } from '../../widgets/file-button.tsx'
import { Link } from '../../widgets/link.tsx'
import { tracePage } from '../../widgets/local-trace.ts'
import { Message } from '../../widgets/message.tsx'

export function LostTrace({ id, file, retry }: { id: string; file: string; retry: () => void }) {
  return (
    <Message title="This trace is from a file that is not open" tone="error">
      <p className="detail">
        <code>{id}</code> of <b>{file}</b>
      </p>
      <p>
        Opened files stay in the browser that opened them, for a day at most, and are not sent to the server. Open the
        file again to see the trace.
      </p>
      <p className="button-row">
        <FileButton primary onOpened={retry}>
          Open {file}
        </FileButton>
        <Link className="button" to={tracePage(id, '')}>
          Look on the server
        </Link>
      </p>
    </Message>
  )
}
