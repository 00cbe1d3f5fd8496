// Small line icons, 16 px, in the colour of the text; always decoration beside words or a label.

const PATHS = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v2m0 10v2M1 8h2m10 0h2M3 3l1.4 1.4m7.2 7.2L13 13m0-10-1.4 1.4M4.4 11.6 3 13',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5Z',
  screen: 'M2 3h12v8H2zM6 14h4m-2-3v3',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.3 6.3A1.8 1.8 0 0 1 9.8 7c0 1.2-1.8 1.4-1.8 2.4M8 11.4v.1',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M4 4l8 8m0-8-8 8',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
  link: 'M7 9.5a2.5 2.5 0 0 0 3.5 0l2-2A2.5 2.5 0 0 0 9 4l-.8.8M9 6.5a2.5 2.5 0 0 0-3.5 0l-2 2A2.5 2.5 0 0 0 7 12l.8-.8',
  expand: 'M4 5l4 4 4-4M4 9l4 4 4-4',
  collapse: 'M4 7l4-4 4 4M4 11l4-4 4 4',
  more: 'M8 3v10M3 8h10',
  less: 'M3 8h10',
  fit: 'M2 4v8M14 4v8M5 8h6M5 8l2-2M5 8l2 2m4-2L9 6m2 2L9 10',
  error: 'M8 1.8 14.7 13.4H1.3ZM8 6.4v3.2m0 1.9v.1',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  save: 'M8 2.5v7M5 7l3 3 3-3M3 13h10',
  open: 'M8 10V3M5 5.5 8 2.5l3 3M3 10v3h10v-3',
  map: 'M2 6h4v4H2zM10 2h4v4h-4zM10 10h4v4h-4zM6 7.5 10 4.5M6 8.5l4 3',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9v3.2L10 10',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
