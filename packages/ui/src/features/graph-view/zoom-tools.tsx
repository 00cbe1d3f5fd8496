// The buttons on a drawing: what keys and the mouse do too (WCAG 2.5.7), and saving it.

import { Icon } from '../../widgets/icons.tsx'

interface Props {
  readonly onZoom: (factor: number) => void
  readonly onFit: () => void
  readonly onSave: () => void
}

export function ZoomTools({ onZoom, onFit, onSave }: Props) {
  return (
    <div className="map-tools">
      <button
        type="button"
        className="icon-button"
        aria-label="Zoom in"
        title="Zoom in (+)"
        onClick={() => onZoom(1.25)}
      >
        <Icon name="more" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Zoom out"
        title="Zoom out (-)"
        onClick={() => onZoom(0.8)}
      >
        <Icon name="less" />
      </button>
      <button type="button" className="icon-button" aria-label="Show all" title="Show all (0)" onClick={onFit}>
        <Icon name="fit" />
      </button>
      <button type="button" className="icon-button" aria-label="Save as SVG" title="Save as SVG" onClick={onSave}>
        <Icon name="save" />
      </button>
    </div>
  )
}
