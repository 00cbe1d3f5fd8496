// /search?view=files: traces of files that are opened in this browser, listed and shown like stored ones. The files are
// not sent to the server.

import { useEffect, useMemo } from 'react'
import { counted, formatCount } from '../../base/number.ts'
import type { LocalTrace, OpenedFile } from '../../files/protocol.ts'
import { useFiles, useFilesView, useSettings, useSettingsStore, useTitle } from '../../widgets/context.tsx'
import { FileButton } from '../../widgets/file-button.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { tracePage } from '../../widgets/local-trace.ts'
import { Loading, Message } from '../../widgets/message.tsx'
import { DropTarget } from './drop-target.tsx'
import { ResultList } from './result-list.tsx'
import { SortChoice } from './results-head.tsx'
import { ScatterView } from './scatter-view.tsx'
import { SearchTabs } from './search-tabs.tsx'
import { sortTraces } from './sort.ts'

function pathOf({ traceId, files }: LocalTrace): string {
  return tracePage(traceId, files[0] ?? '')
}

function formatBytes(bytes: number): string {
  if (bytes < 1000) return counted(bytes, 'byte')
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function Problems({ file }: { file: OpenedFile }) {
  if (file.problems.length === 0) return null
  return (
    <ul className="file-problems" aria-label={`Problems of ${file.name}`}>
      {file.problems.map(({ place, message }, i) => (
        <li key={i}>
          {place !== '' && <b>{place}: </b>}
          {message}
        </li>
      ))}
      {file.moreProblems > 0 && <li>and {formatCount(file.moreProblems)} more</li>}
    </ul>
  )
}

function FileEntry({ file }: { file: OpenedFile }) {
  const files = useFiles()
  return (
    <li className="file-entry">
      <div>
        <b>{file.name}</b>
        <span className="muted">
          {formatBytes(file.bytes)}
          {file.format !== '' && `, ${file.format}`}
          {file.traceCount > 0 && `, ${counted(file.traceCount, 'trace')}`}
          {!file.kept && ', gone after a reload'}
        </span>
      </div>
      <button
        type="button"
        className="icon-button"
        aria-label={`Close ${file.name}`}
        title="Close and forget"
        onClick={() => void files.close([file.name])}
      >
        <Icon name="close" />
      </button>
      <Problems file={file} />
    </li>
  )
}

function Side() {
  const files = useFiles()
  const { files: opened, busy, failure } = useFilesView()
  return (
    <div className="files-side">
      <FileButton primary>Choose files</FileButton>
      <p className="hint">
        Or drop them here. Jaeger, OpenTelemetry (OTLP, also one document a line) and Zipkin JSON, also gzipped. They
        stay in this browser, for a day at most, and are not sent to the server.
      </p>
      {failure !== '' && (
        <p className="field-error" role="alert">
          {failure}
        </p>
      )}
      {busy > 0 && <Loading what="Reading…" />}
      {opened.length > 0 && (
        <ul className="file-list" aria-label="Open files">
          {opened.map((file) => (
            <FileEntry key={file.name} file={file} />
          ))}
        </ul>
      )}
      {opened.length > 1 && (
        <button type="button" className="button small" onClick={() => void files.close(opened.map(({ name }) => name))}>
          Close all
        </button>
      )}
    </div>
  )
}

function Main() {
  const { files, traces, busy } = useFilesView()
  const { sort } = useSettings()
  const store = useSettingsStore()
  const sorted = useMemo(() => sortTraces(traces, sort), [traces, sort])
  if (sorted.length === 0 && busy > 0) return <Loading what="Reading…" />
  if (sorted.length === 0)
    return (
      <Message title={files.length === 0 ? 'No file is open' : 'No trace in these files'}>
        <p>
          {files.length === 0
            ? 'Choose a file, or drop one on this page: what Jaeger’s API or “Download results” gave, what an OpenTelemetry Collector’s file exporter wrote, or what Zipkin’s API answered.'
            : 'What is wrong with each is said beside it.'}
        </p>
      </Message>
    )
  return (
    <section className="results-pane" aria-label="Traces of the open files" aria-busy={busy > 0}>
      <div className="results-head">
        <h1 aria-live="polite">{counted(sorted.length, 'trace')}</h1>
        <span className="muted">from {counted(files.length, 'file')}</span>
        <SortChoice value={sort || 'recent'} onChange={(next) => store.set({ sort: next })} />
      </div>
      <ScatterView traces={sorted} pathOf={pathOf} />
      <ResultList traces={sorted} pathOf={pathOf} />
    </section>
  )
}

export function FilesPage() {
  const files = useFiles()
  const store = useSettingsStore()
  useTitle('Open files')
  useEffect(() => {
    files.restore()
    store.rememberSearch('?view=files')
  }, [files, store])
  return (
    <DropTarget className="search-page">
      <aside className="search-side">
        <SearchTabs />
        <Side />
      </aside>
      <div className="search-main">
        <Main />
      </div>
    </DropTarget>
  )
}
