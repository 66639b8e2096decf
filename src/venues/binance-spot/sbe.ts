import { type Members, textAt, type VenueManifest } from '../../model/manifest.js';

/** Schema and version that the core was written for, and the root block of each template that it reads. Reference of 2026-07-21, §7. */
const SCHEMA = 1;
const VERSION = 0;
const ROOT_BYTES: Readonly<Record<string, number>> = { '10000': 18, '10001': 50, '10002': 18, '10003': 26 };

const HEADER_BYTES = 8;

/** What a binary message's header says, each fact a member: what else it says one day shows as a new one and a missing one. */
function open(bytes: Uint8Array): Members | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [root, template, schema, version] = [0, 2, 4, 6].map((at) => view.getUint16(at, true));
  // Text has letters there.
  if ([1, 5, 7].every((at) => view.getUint8(at) !== 0)) return undefined;
  return { template: String(template), [`root_${root}`]: true, [`schema_${schema}`]: true, [`version_${version}`]: true };
}

/** Drift of the binary messages is that of their headers; states of instruments are the venue's in any format. */
export function sbeManifest(states: VenueManifest['states']): VenueManifest {
  const members = Object.entries(ROOT_BYTES).map(([template, root]) => [
    template,
    `template root_${root} schema_${SCHEMA} version_${VERSION}`,
  ]);
  return { open, kindOf: (message) => textAt(message, 'template'), members: Object.fromEntries(members), states };
}
