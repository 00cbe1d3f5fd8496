// Where everything of a drawn graph lies, and the messages that bring it from the worker that works it out.

export interface LayoutRequest {
  /** What the drawing should fit into; decides its direction. */
  readonly window: { readonly width: number; readonly height: number }
  /** Without a height, NODE_HEIGHT. */
  readonly nodes: readonly { readonly name: string; readonly width: number; readonly height?: number }[]
  /** `label`: width of the text at its middle, 0 for none. */
  readonly edges: readonly { readonly parent: string; readonly child: string; readonly label: number }[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Boxes by their middle. */
export interface PlacedNode extends Point {
  readonly name: string
  readonly width: number
}

export interface PlacedEdge {
  readonly parent: string
  readonly child: string
  /** From the caller's rim to the callee's; the line bends towards those in between (curve.ts). */
  readonly points: readonly Point[]
}

/** All coordinates are in pixels from the upper left corner of a drawing of that size. */
export interface GraphLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

export type LayoutReply =
  | { readonly type: 'done'; readonly layout: GraphLayout }
  | { readonly type: 'failed'; readonly message: string }

export const NODE_HEIGHT = 30
export const LABEL_HEIGHT = 16
/** Beyond these no layout is tried: nobody could read it. */
export const MAX_DRAWN_NODES = 400
export const MAX_DRAWN_EDGES = 1500
