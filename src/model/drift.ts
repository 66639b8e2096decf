/** Kinds of what a venue changed without our knowing. */
export const DRIFT_KINDS = {
  unknown_message: 'A message of a type that the manifest does not know.',
  missing_member: 'A message without a member that it always had.',
  new_member: 'A message with a member that the manifest does not know.',
  changed_member: 'A member of another type than before.',
  new_state: 'A listing says something new about whether an instrument trades.',
  silent_route: 'A channel that was acknowledged, or spoke, is silent while others of its feed speak.',
  refused_request: 'The venue refused a control message.',
} as const;

export type DriftKind = keyof typeof DRIFT_KINDS;

/** One change, and how often it was met. Members that are not there on every message are counted on samples alone: one a second and connection. */
export interface Drift {
  readonly venue: string;
  readonly kind: DriftKind;
  /** What changed, in the venue's words: `depthUpdate data.novelty`. */
  readonly what: string;
  readonly count: number;
  /** Wall clock of the first and of the newest time, ISO 8601. */
  readonly first: string;
  readonly newest: string;
}
