/**
 * What a venue may change in its protocol without asking, and what it may get wrong about its own proofs: messages stay well-formed
 * JSON in the venue's spelling, but for what the name says.
 */

/** How a message says what it is, in the spellings of all venues: a topic's first word. */
const TYPE = /"(e|channel|topic|feed)":"[a-zA-Z0-9_]+/g;

/** Levels of a message: its first list of them. */
const LEVELS = /"(b|bids|updates)":\[/;

/** One level, text or numbers, list or object. */
const LEVEL = /"(?:b|a|bids|asks|updates)":\[(\[[^[\]]*\]|\{[^{}]*\})/;

const CHECKSUM = /"checksum":-?\d+,?/;

/** What this message is nobody has been told. */
export function unknownType(text: string): string {
  return text.replace(TYPE, '"$1":"novelty');
}

/** Members that no document names, beside the levels and in the message's outermost object. */
export function moreMembers(text: string): string {
  return `${text.replace(LEVELS, '"novelty":7,$&').slice(0, -1)},"novelties":[{"of":null},"x",-1.5e3]}`;
}

/** The list of levels has another name, or the quantity where the message is one level. */
export function missingMember(text: string): string {
  return LEVELS.test(text) ? text.replace(LEVELS, '"$1_renamed":[') : text.replace('"qty":', '"qty_renamed":');
}

/** The first level `times` times, which is the same book. */
export function repeatLevels(text: string, times: number): string {
  return text.replace(LEVEL, (all, level: string) => all + `,${level}`.repeat(times - 1));
}

/** Another checksum; one where there is none, if the venue has such a member. */
export function checksumOf(text: string, change: (crc: number) => number): string {
  const found = /"checksum":(-?\d+)/.exec(text);
  if (found !== null) return text.replace(/"checksum":-?\d+/, `"checksum":${change(Number(found[1]))}`);
  return text.replace(/"seqId":/, `"checksum":${change(1)},$&`);
}

export function withoutChecksum(text: string): string {
  return text.replace(CHECKSUM, '');
}
