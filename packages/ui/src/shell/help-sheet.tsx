// The sheet behind `?`: every key, and the switch that turns single keys off.

import { useEffect, useRef } from 'react'
import { useSettings, useSettingsStore } from '../widgets/context.tsx'
import { Icon } from '../widgets/icons.tsx'

const GROUPS: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: 'Anywhere',
    keys: [
      ['?', 'This sheet'],
      ['/', 'Go to the trace id box'],
    ],
  },
  {
    title: 'Trace: move and zoom',
    keys: [
      ['s w', 'Scroll down, up'],
      ['f b', 'Next, previous visible span'],
      ['a d', 'Pan left, right'],
      ['← →', 'Pan left, right'],
      ['↑ ↓', 'Zoom in, out'],
      ['Shift + those', 'The same in larger steps'],
      ['0', 'Show the whole trace'],
      ['Ctrl + wheel', 'Zoom at the mouse'],
    ],
  },
  {
    title: 'Trace: rows',
    keys: [
      ['] [', 'Collapse all, expand all'],
      ['p o', 'Collapse, expand one level'],
      ['Enter', 'Open the current span’s details'],
      ['t g', 'Timeline, graph'],
      ['Ctrl + B', 'Find in this trace'],
      ['(Shift +) Enter', 'In find: next (previous) match'],
      ['Esc', 'Clear: find, then details'],
    ],
  },
  {
    title: 'While the rows have the focus (Tab or a click)',
    keys: [
      ['↑ ↓', 'Previous, next row'],
      ['→ ←', 'Open, close; to child, to parent'],
      ['Home End', 'First, last row'],
      ['Page ↑ ↓', 'A page up, down'],
      ['Esc', 'Arrows pan and zoom again'],
    ],
  },
]

export function HelpSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const { shortcuts } = useSettings()
  const store = useSettingsStore()
  useEffect(() => {
    if (open) dialog.current?.showModal()
    else dialog.current?.close()
  }, [open])
  return (
    // A click beside the sheet closes it; Esc does the same without our help.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby="help-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="sheet-body">
        <header>
          <h2 id="help-title">Keyboard</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div className="sheet-columns">
          {GROUPS.map((group) => (
            <section key={group.title}>
              <h3>{group.title}</h3>
              <dl>
                {group.keys.map(([keys, meaning]) => (
                  <div key={keys}>
                    <dt>
                      <kbd>{keys}</kbd>
                    </dt>
                    <dd>{meaning}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={shortcuts}
            onChange={(event) => store.set({ shortcuts: event.target.checked })}
          />
          Single-key shortcuts (all of the above without Ctrl, outside the rows)
        </label>
      </div>
    </dialog>
  )
}
