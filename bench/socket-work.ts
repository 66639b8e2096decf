/** What the processes of `socket-to-addon` agree on. */

/** Payload of a frame: the reference depth frame's size. */
export const FRAME_BYTES = 1_188;
/** Frames in one write of the server: about 256 KiB. */
export const FRAMES_A_WRITE = 220;

export const RECEIVERS = ['native', 'ws', 'undici'] as const;
export type ReceiverName = (typeof RECEIVERS)[number];

export interface Ports {
  readonly plain: number;
  readonly secure: number;
}

export interface Work extends Ports {
  readonly blocks: number;
  /** Frames of a block: plain, TLS. */
  readonly frames: { readonly plain: number; readonly secure: number };
}

/** CPU time of the receiving process a frame, ns, block by block; and the clock's, for the rate. */
export interface Series {
  readonly scheme: 'ws' | 'wss';
  readonly receiver: ReceiverName;
  readonly cpu: number[];
  readonly wall: number[];
}
