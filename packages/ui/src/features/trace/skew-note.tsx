// Where clocks differ: says so, and lets the reader choose between times as they were sent and as they were corrected.

import { formatDuration } from '../../base/duration.ts'
import type { TraceLayout } from '../../timeline/layout.ts'
import { useClockSkew } from '../../widgets/local-trace.ts'

interface Props {
  readonly layout: TraceLayout
  readonly onChange: (clockSkew: 'on' | 'off') => void
}

function spans(count: number): string {
  return count === 1 ? '1 span' : `${count.toLocaleString('en')} spans`
}

function words({ maxNs, skewedSpans, shiftedSpans, largestNs }: TraceLayout['clockSkew'], on: boolean): string {
  const most = formatDuration(largestNs)
  const parents = skewedSpans === 1 ? 'its parent' : 'their parents'
  if (!on) return `${spans(skewedSpans)} outside the time of ${parents}, by up to ${most}: clocks may differ.`
  if (shiftedSpans === skewedSpans) return `Clock skew corrected: ${spans(shiftedSpans)} moved, by up to ${most}.`
  const rest = `${spans(skewedSpans - shiftedSpans)} would have to move by more than ${formatDuration(maxNs)} and did not`
  return `Clock skew corrected: ${spans(shiftedSpans)} moved; ${rest}.`
}

export function SkewNote({ layout, onChange }: Props) {
  const chosen = useClockSkew()
  const { clockSkew } = layout
  if (clockSkew.skewedSpans === 0) return null
  const on = chosen === '' ? clockSkew.maxNs > 0 : chosen === 'on'
  return (
    <div className={`skew-note ${on ? 'on' : ''}`}>
      <p role="status">{words(clockSkew, on)}</p>
      <span className="tool-group" role="group" aria-label="Clock skew">
        <button type="button" className="chip" aria-pressed={!on} onClick={() => onChange('off')}>
          As sent
        </button>
        <button type="button" className="chip" aria-pressed={on} onClick={() => onChange('on')}>
          Corrected
        </button>
      </span>
    </div>
  )
}
