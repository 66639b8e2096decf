/** What the processes of `socket-to-addon` agree on. */

/** Payload of a frame: the reference depth frame's size. */
export const FRAME_BYTES = 1_188;
/** Frames in one write of the server: about 256 KiB. */
export const FRAMES_A_WRITE = 220;

export const RECEIVERS = ['native', 'ws', 'undici'] as const;
export type ReceiverName = (typeof RECEIVERS)[number];

/** `paced`: a frame every 50 µs, so that most come alone; the others at full rate. */
export const WORKLOADS = ['plain', 'TLS', 'paced'] as const;
export type WorkloadName = (typeof WORKLOADS)[number];
/** Time between two frames of the paced workload, ms. */
export const PACE_MS = 0.05;

export interface Ports {
  readonly plain: number;
  readonly secure: number;
}

export interface Work extends Ports {
  readonly blocks: number;
  /** Frames of a block. */
  readonly frames: Readonly<Record<WorkloadName, number>>;
}

/** CPU time of the receiving process a frame, ns, block by block; and the clock's, for the rate. */
export interface Series {
  readonly workload: WorkloadName;
  readonly receiver: ReceiverName;
  readonly cpu: number[];
  readonly wall: number[];
}

export interface Received {
  readonly all: readonly Series[];
  /** Garbage collections while our own reader received so many frames, before anything else ran in the process. */
  readonly collections: { readonly count: number; readonly frames: number };
}
