/** What a venue's messages are known to hold: data, looked at now and then on a sample, never to read a message by. */

/** A JSON object whose members nobody has looked at yet. */
export type Members = Readonly<Record<string, unknown>>;

export interface VenueManifest {
  /** What a message that is no JSON says of itself, as members; undefined where it says nothing. */
  readonly open?: (bytes: Uint8Array) => Members | undefined;
  /** What a message says that it is; undefined where it does not say so, as answers to control messages do not. */
  kindOf(message: Members): string | undefined;
  /**
   * Members of each kind, parted by spaces, in the spelling of the venue: `data[].p` is `p` of every object in the list `data`. One that not each
   * message has ends with `?`. A kind that is not here is not looked at.
   */
  readonly members: Readonly<Record<string, string>>;
  /** Where a listing says whether an instrument trades, and what it has been known to say. */
  readonly states: { readonly member: string; readonly known: readonly string[] };
}

/** Text at a path of member names; undefined if there is none. */
export function textAt(message: Members, ...path: readonly string[]): string | undefined {
  let value: unknown = message;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Members)[name];
  }
  return typeof value === 'string' ? value : undefined;
}
